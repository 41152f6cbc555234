// DELETE /v1/sessions/current: the person leaves this device. Its badges of this mailbox end with the session, the
// subscriptions first: if that fails, the session is still there to try again with.

import { createRoute } from '@hono/zod-openapi';
import type { SessionCookie } from '../../../runtime/http/session-cookie.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import type { Sessions } from './sessions.ts';

export const signOutRoute = createRoute({
  method: 'delete',
  path: '/v1/sessions/current',
  operationId: 'signOut',
  summary: "Sign out; ends this device's subscriptions to the mailbox",
  security: sessionSecurity,
  responses: { 204: { description: 'Signed out' }, ...problemResponses([]) },
});

export function addSignOut(
  app: DeviceApp,
  {
    sessions,
    cookie,
    subscriptions,
  }: { sessions: Sessions; cookie: SessionCookie; subscriptions: Pick<Subscriptions, 'endDevice'> },
): void {
  app.openapi(signOutRoute, async context => {
    const { mailboxId, installationId } = context.get('session');
    await subscriptions.endDevice({ mailboxId, installationId, reason: 'signed-out' });
    await sessions.end({ mailboxId, installationId }, 'signed-out');
    if (cookie.read(context) !== undefined) cookie.take(context);
    return context.body(null, 204);
  });
}
