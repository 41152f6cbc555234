// Takes mailboxes' counts over into their live subscriptions and the icons' sums. Bulk in its reads and sparing in
// its writes: most counts of a recount change nothing.

import type { Transaction } from 'kysely';
import type { CountPolicy } from '../../contract/devices.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { MailboxCounted } from '../unseen/mailbox-counted.ts';
import { countFor, viewedColumns, viewedOf } from './count-policy.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';

/** Answers whether a subscription counts from another message than before. */
export async function applyCounts(
  transaction: Transaction<ProxySchema>,
  counted: readonly MailboxCounted[],
  context: { now: number; events: ProxyEvents },
): Promise<boolean> {
  if (counted.length === 0) return false;
  const countOf = new Map(counted.map(count => [count.mailboxId, count]));
  const subscriptions = await transaction
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .select(['subscription.id', 'icon_id', 'mailbox_id', 'policy', 'count', 'wanted'])
    .select(['viewed_uid_validity', 'viewed_uid_next', 'viewed_unverified'])
    .where('mailbox_id', 'in', [...countOf.keys()])
    .where('subscription.ended_at', 'is', null)
    .execute();
  const causes = new Map<string, Cause>();
  let boundariesMoved = false;
  for (const subscription of subscriptions) {
    const mailbox = countOf.get(subscription.mailbox_id);
    if (mailbox === undefined) continue;
    const told = countFor(subscription.policy as CountPolicy, mailbox, viewedOf(subscription));
    if (told === undefined) continue;
    const { count, viewed } = told;
    const same = count === subscription.count && viewed === undefined;
    if (same && subscription.wanted !== null) continue;
    boundariesMoved ||= viewed !== undefined;
    if (!same) {
      await transaction
        .updateTable('subscription')
        .set({ count, ...(viewed && viewedColumns(viewed)) })
        .where('id', '=', subscription.id)
        .execute();
    }
    causes.set(subscription.icon_id, { traceId: mailbox.traceId, observedAt: mailbox.observedAt });
  }
  await recomputeIcons(transaction, causes, context);
  return boundariesMoved;
}
