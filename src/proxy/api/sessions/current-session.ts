// GET /v1/sessions/current: whose session this is, and when the mailbox's credential must be proven again.

import { createRoute } from '@hono/zod-openapi';
import { currentSessionSchema } from '../../../contract/devices.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';

export const currentSessionRoute = createRoute({
  method: 'get',
  path: '/v1/sessions/current',
  operationId: 'currentSession',
  summary: 'Whose session this is, and when it ends',
  security: sessionSecurity,
  responses: { 200: jsonAnswer('The session', currentSessionSchema), ...problemResponses([]) },
});

export function addCurrentSession(app: DeviceApp): void {
  app.openapi(currentSessionRoute, context => {
    const { mailboxId, installationId, expiresAt } = context.get('session');
    return context.json({ mailbox: mailboxId, installationId, expiresAt }, 200);
  });
}
