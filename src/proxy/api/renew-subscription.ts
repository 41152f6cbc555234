// POST /v1/subscriptions/{id}/renew: for an app that was not opened but is alive. An icon's subscriptions live and
// expire together, so this renews all that share its icon.

import { createRoute, z } from '@hono/zod-openapi';
import { subscriptionSchema } from '../../contract/devices.ts';
import { opaqueIdSchema } from '../../contract/identifiers.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { DeviceApp } from './device-app.ts';
import { jsonAnswer, problemResponses, sessionSecurity } from './device-operation.ts';
import { toSubscription } from './list-devices.ts';

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
    const { mailboxId, installationId } = context.get('session');
    const find = async () => {
      const listed = (await subscriptions.list(mailboxId)).find(
        subscription =>
          subscription.id === id &&
          subscription.installationId === installationId &&
          subscription.endedAt === null,
      );
      if (listed !== undefined) return listed;
      throw new AppError('subscription-not-found', 'this device has no such live subscription', {
        hint: 'subscribe again',
      });
    };
    const { iconId } = await find();
    await subscriptions.opened({ iconId, mailboxId, installationId });
    return context.json(toSubscription(await find()), 200);
  });
}
