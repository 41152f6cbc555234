// Ends subscriptions softly: the row stays with its reason, and can be brought back (restore.ts). The icon's new sum
// is published; the icon itself ends only when its last badge is shown (recompute-icons.ts).

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';

export type EndReason =
  | 'unsubscribed'
  | 'expired'
  | 'mailbox-gone'
  | 'target-gone'
  /** Another installation proved that the target is its own. */
  | 'taken-over'
  | 'signed-out'
  | 'device-removed'
  /** The device's session was used from two places. */
  | 'session-stolen'
  /** An administrator signed all devices of the mailbox out. */
  | 'revoked'
  /** Somebody signed in with a new password; this device had proven one that the mail server takes no longer. */
  | 'password-changed';

export async function endSubscriptions(
  transaction: Transaction<ProxySchema>,
  subscriptions: readonly { id: string; icon_id: string }[],
  { reason, cause, now, events }: { reason: EndReason; cause: Cause; now: number; events: ProxyEvents },
): Promise<void> {
  if (subscriptions.length === 0) return;
  await transaction
    .updateTable('subscription')
    .set({ ended_at: now, ended_reason: reason })
    .where(
      'id',
      'in',
      subscriptions.map(subscription => subscription.id),
    )
    .where('ended_at', 'is', null)
    .execute();
  await recomputeIcons(
    transaction,
    new Map(subscriptions.map(subscription => [subscription.icon_id, cause])),
    { now, events },
  );
  events.record({ kind: 'subscriptions-ended', reason, subscriptions: subscriptions.length });
}
