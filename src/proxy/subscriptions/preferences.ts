// A device changes what its subscription counts, or whether it is sent previews.

import type { Transaction } from 'kysely';
import type { CountPolicy } from '../../contract/devices.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { countFor, viewedOf } from './count-policy.ts';
import { type OwnSubscription, ownSubscription } from './own-subscription.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';

export type PreferencesRequest = OwnSubscription & {
  policy?: CountPolicy | undefined;
  previews?: boolean | undefined;
};

/** Throws `subscription-not-found`. */
export async function preferences(
  transaction: Transaction<ProxySchema>,
  request: PreferencesRequest,
  { now, cause, events }: { now: number; cause: Cause; events: ProxyEvents },
): Promise<void> {
  const { subscriptionId } = request;
  const subscription = await ownSubscription(transaction, request);
  const policy = request.policy ?? (subscription.policy as CountPolicy);
  const previews = request.previews ?? subscription.previews === 1;
  // What only a look can tell is unknown until then, and the icon goes on showing what it shows.
  const count =
    policy === subscription.policy
      ? subscription.count
      : (countFor(policy, { unseen: subscription.unseen, view: undefined }, viewedOf(subscription))?.count ??
        null);
  await transaction
    .updateTable('subscription')
    .set({ policy, previews: previews ? 1 : 0, count })
    .where('id', '=', subscriptionId)
    .execute();
  await recomputeIcons(transaction, new Map([[subscription.icon_id, cause]]), { now, events });
  events.record({ kind: 'preferences-changed', subscriptionId, policy, previews });
}
