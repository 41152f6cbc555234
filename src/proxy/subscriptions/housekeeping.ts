// What ends by the passing of time: expired subscriptions, those of mailboxes that are gone, icons whose last badge
// nobody takes, and rows that nobody will ask for any more. In small portions, so that no transaction is long.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { endSubscriptions } from './end-subscriptions.ts';
import type { Cause } from './recompute-icons.ts';
import { mayEnd } from './tripwire.ts';

type Context = { now: number; cause: Cause; events: ProxyEvents };

export const portion = 500;
/** A mailbox must be gone this long, recounts agreeing, before its subscriptions end. */
const goneGraceMs = 60 * 60_000;
/** Until then an icon without subscriptions tries to show its final badge. */
const closingMs = 30 * 86_400_000;
/** Ended rows are kept for undo and `why`. */
export const keepEndedMs = 90 * 86_400_000;
/** Of one mailbox within a day: its devices may come and go as often as they like. */
const endedKeptADay = 50;
const dayMs = 86_400_000;
/** An icon that no subscription tells of any more; far longer than an attempt blocks its target (R4). */
const keepBareIconsMs = 60 * 60_000;

/** Answers how many ended; call it again while that is a whole portion. */
export async function endExpired(transaction: Transaction<ProxySchema>, context: Context): Promise<number> {
  const expired = await transaction
    .selectFrom('subscription')
    .select(['id', 'icon_id'])
    .where('ended_at', 'is', null)
    .where('expires_at', '<=', context.now)
    .orderBy('expires_at')
    .limit(portion)
    .execute();
  await endSubscriptions(transaction, expired, { ...context, reason: 'expired' });
  return expired.length;
}

/** All that are gone end together, or none: the tripwire judges them as one. */
export async function endOfGoneMailboxes(
  transaction: Transaction<ProxySchema>,
  context: Context,
): Promise<number> {
  const gone = await transaction
    .selectFrom('subscription')
    .innerJoin('mailbox', 'mailbox.id', 'subscription.mailbox_id')
    .select(['subscription.id', 'subscription.icon_id', 'subscription.mailbox_id'])
    .where('mailbox.state', '=', 'gone')
    .where('mailbox.state_at', '<=', context.now - goneGraceMs)
    .where('subscription.ended_at', 'is', null)
    .execute();
  const ending = new Set(gone.map(row => row.mailbox_id)).size;
  const reason = 'mailbox-gone';
  if (ending === 0 || !(await mayEnd(transaction, { ...context, of: 'mailbox', reason, ending }))) return 0;
  for (let from = 0; from < gone.length; from += portion) {
    await endSubscriptions(transaction, gone.slice(from, from + portion), { ...context, reason });
  }
  return gone.length;
}

/** Looks at all that ended within a day: for once an hour. */
export async function forgetOld(transaction: Transaction<ProxySchema>, now: number): Promise<void> {
  await transaction
    .updateTable('icon')
    .set({ ended_at: now, ended_reason: 'no-subscription' })
    .where('closing_at', '<=', now - closingMs)
    .where('ended_at', 'is', null)
    .execute();
  const old = now - keepEndedMs;
  const endedToday = transaction
    .selectFrom('subscription')
    .select(({ fn }) => [
      'id',
      fn
        .agg<number>('row_number')
        .over(over => over.partitionBy('mailbox_id').orderBy('ended_at', 'desc'))
        .as('nth'),
    ])
    .where('ended_at', '>', now - dayMs)
    .as('ended_today');
  const tooMany = transaction
    .selectFrom(endedToday)
    .select('ended_today.id')
    .where('nth', '>', endedKeptADay);
  await transaction
    .deleteFrom('subscription')
    .where(({ or, eb }) => or([eb('ended_at', '<=', old), eb('id', 'in', tooMany)]))
    .execute();
  await transaction
    .deleteFrom('icon')
    .where(({ or, and, eb }) =>
      or([
        eb('ended_at', '<=', old),
        and([eb('ended_at', '>', now - dayMs), eb('ended_at', '<=', now - keepBareIconsMs)]),
      ]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subscription')
            .select('subscription.id')
            .whereRef('subscription.icon_id', '=', 'icon.id'),
        ),
      ),
    )
    .execute();
}
