// DELETE /v1/subscriptions/{id}: any device of the mailbox may end any of the mailbox's subscriptions.

import { createRoute, z } from '@hono/zod-openapi';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';

export const unsubscribeRoute = createRoute({
  method: 'delete',
  path: '/v1/subscriptions/{id}',
  operationId: 'unsubscribe',
  summary: 'End a subscription of the mailbox; its icon gets the sum of what is left',
  security: sessionSecurity,
  request: { params: z.strictObject({ id: opaqueIdSchema }) },
  responses: { 204: { description: 'Ended' }, ...problemResponses(['subscription-not-found']) },
});

export function addUnsubscribe(
  app: DeviceApp,
  { subscriptions }: { subscriptions: Pick<Subscriptions, 'unsubscribe'> },
): void {
  app.openapi(unsubscribeRoute, async context => {
    const { mailboxId } = context.get('session');
    await subscriptions.unsubscribe({ subscriptionId: context.req.valid('param').id, mailboxId });
    return context.body(null, 204);
  });
}
