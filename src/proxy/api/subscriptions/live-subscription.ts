import type { Subscription } from '../../../contract/devices.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { DeviceSession } from '../device-app.ts';
import { toSubscription } from '../devices/list-devices.ts';

/** A live subscription of the device that asks; throws `subscription-not-found` for anything else. */
export async function liveSubscription(
  subscriptions: Pick<Subscriptions, 'list'>,
  { mailboxId, installationId }: DeviceSession,
  id: string,
): Promise<Subscription> {
  const found = (await subscriptions.list(mailboxId)).find(
    subscription =>
      subscription.id === id &&
      subscription.installationId === installationId &&
      subscription.endedAt === null,
  );
  if (found !== undefined) return toSubscription(found);
  throw new AppError('subscription-not-found', 'this device has no such live subscription', {
    hint: 'subscribe again',
  });
}
