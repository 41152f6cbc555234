// The person looked at the inbox: a subscription with the policy since-viewed counts from here on. Where a look ended
// is the device's word. It never takes a boundary back: an answer that was long on its way must not bring messages
// back that were viewed since. And it never leads beyond what the mail server has: a number out of the blue would hide
// mail that nobody has seen; while the server is away it is kept as unverified, and the next look judges it.

import type { Transaction } from 'kysely';
import type { CountPolicy } from '../../contract/devices.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { InboxView } from '../mailboxes/mailbox-source.ts';
import { countFor, type Viewed, viewedColumns, viewedOf } from './count-policy.ts';
import { type OwnSubscription, ownSubscription } from './own-subscription.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';
import { renewIcon } from './renewal.ts';

export type ViewedRequest = OwnSubscription & {
  /** What the device saw of the inbox; without it, everything that is in `view`. */
  upTo?: { uidValidity: number; uidNext: number } | undefined;
  /** INBOX as it is now; undefined while the mail server is away. */
  view: InboxView | undefined;
};

/** Answers what the icon should show. Throws `subscription-not-found`. */
export async function viewed(
  transaction: Transaction<ProxySchema>,
  request: ViewedRequest,
  { now, cause, events, lifetimeMs }: { now: number; cause: Cause; events: ProxyEvents; lifetimeMs: number },
): Promise<{ badge: number; rev: number }> {
  const { subscriptionId, installationId, view } = request;
  const subscription = await ownSubscription(transaction, request);
  const { icon_id: iconId, unseen } = subscription;
  const boundary = boundaryOf(request, viewedOf(subscription));
  const told = countFor(subscription.policy as CountPolicy, { unseen, view }, boundary);
  await transaction
    .updateTable('subscription')
    .set({
      viewed_at: now,
      ...viewedColumns(told?.viewed ?? boundary),
      ...(told !== undefined && { count: told.count }),
    })
    .where('id', '=', subscriptionId)
    .execute();
  await renewIcon(transaction, { iconId, installationId }, { now, lifetimeMs });
  await recomputeIcons(transaction, new Map([[iconId, cause]]), { now, events });
  const { wanted, rev } = await transaction
    .selectFrom('icon')
    .select(['wanted', 'rev'])
    .where('id', '=', iconId)
    .executeTakeFirstOrThrow();
  return { badge: wanted ?? 0, rev };
}

function boundaryOf({ upTo, view }: ViewedRequest, stored: Viewed | null): Viewed | null {
  // What the device saw is another INBOX than the one that is there now: it says nothing of this one.
  const foreign = upTo !== undefined && view !== undefined && upTo.uidValidity !== view.uidValidity;
  const told = foreign ? undefined : (upTo ?? view);
  if (told === undefined) return stored;
  const { uidValidity } = told;
  const end = view?.uidNext ?? Number.POSITIVE_INFINITY;
  const unverified = view === undefined;
  const reached = Math.min(told.uidNext, end);
  if (stored?.uidValidity !== uidValidity) return { uidValidity, uidNext: reached, unverified };
  const kept = stored.unverified ? Math.min(stored.uidNext, end) : stored.uidNext;
  const uidNext = Math.max(kept, reached);
  return { uidValidity, uidNext, unverified: unverified && (stored.unverified || uidNext > kept) };
}
