// POST /v1/icons/{iconId}/opened: the app was opened. It tells what its icon shows, gets what it should show, and
// its subscriptions are renewed.

import { createRoute, z } from '@hono/zod-openapi';
import { openedRequestSchema, openedResponseSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import { jsonAnswer, jsonBody } from '../../../runtime/http/json-content.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';

export const reportOpenedRoute = createRoute({
  method: 'post',
  path: '/v1/icons/{iconId}/opened',
  operationId: 'reportOpened',
  summary: 'The app was opened: renews its subscriptions, answers the badge',
  security: sessionSecurity,
  request: { params: z.strictObject({ iconId: opaqueIdSchema }), body: jsonBody(openedRequestSchema) },
  responses: {
    200: jsonAnswer('What the icon should show now', openedResponseSchema),
    ...problemResponses(['icon-not-found']),
  },
});

export function addReportOpened(
  app: DeviceApp,
  { subscriptions }: { subscriptions: Pick<Subscriptions, 'opened'> },
): void {
  app.openapi(reportOpenedRoute, async context => {
    const { iconId } = context.req.valid('param');
    const { badge } = context.req.valid('json');
    const { mailboxId, installationId } = context.get('session');
    const opened = await subscriptions.opened({ iconId, mailboxId, installationId, badge });
    return context.json(opened, 200);
  });
}
