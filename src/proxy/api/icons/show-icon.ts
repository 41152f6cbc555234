// GET /v1/icons/{iconId}: what this device's icon should show, and what became of it.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { iconStatusSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { readIconStatus } from './icon-status.ts';

export const showIconRoute = createRoute({
  method: 'get',
  path: '/v1/icons/{iconId}',
  operationId: 'showIcon',
  summary: "How the badge of this device's icon stands",
  security: sessionSecurity,
  request: { params: z.strictObject({ iconId: opaqueIdSchema }) },
  responses: {
    200: jsonAnswer('How it stands', iconStatusSchema),
    ...problemResponses(['icon-not-found']),
  },
});

export function addShowIcon(app: DeviceApp, { db, clock }: { db: Kysely<ProxySchema>; clock: Clock }): void {
  app.openapi(showIconRoute, async context => {
    const { iconId } = context.req.valid('param');
    const session = context.get('session');
    return context.json(await readIconStatus(db, { iconId, session }, clock.now()), 200);
  });
}
