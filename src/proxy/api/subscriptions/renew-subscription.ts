// POST /v1/subscriptions/{id}/renew: for an app that was not opened but is alive. An icon's subscriptions live and
// expire together, so this renews all that share its icon.

import { createRoute, z } from '@hono/zod-openapi';
import { subscriptionSchema } from '../../../contract/devices.ts';
import { opaqueIdSchema } from '../../../contract/identifiers.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses, sessionSecurity } from '../device-operation.ts';
import { liveSubscription } from './live-subscription.ts';

export const renewSubscriptionRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions/{id}/renew',
  operationId: 'renewSubscription',
  summary: 'Keep a subscription of this device for another lifetime',
  security: sessionSecurity,
  request: { params: z.strictObject({ id: opaqueIdSchema }) },
  responses: {
    200: jsonAnswer('Renewed', subscriptionSchema),
    ...problemResponses(['subscription-not-found']),
  },
});

export function addRenewSubscription(
  app: DeviceApp,
  { subscriptions }: { subscriptions: Pick<Subscriptions, 'list' | 'opened'> },
): void {
  app.openapi(renewSubscriptionRoute, async context => {
    const { id } = context.req.valid('param');
    const session = context.get('session');
    const { mailboxId, installationId } = session;
    const { iconId } = await liveSubscription(subscriptions, session, id);
    await subscriptions.opened({ iconId, mailboxId, installationId });
    return context.json(await liveSubscription(subscriptions, session, id), 200);
  });
}
