// The mailboxes that somebody subscribed to, as they were left, each with what its live subscriptions need to be told.

import type { Selectable, Transaction } from 'kysely';
import type { MailboxTable, ProxySchema } from '../database/schema.ts';
import type { Look } from '../mailboxes/mailbox-source.ts';

export type SubscribedMailbox = Pick<
  Selectable<MailboxTable>,
  'id' | 'sign_in_name' | 'sealed_password' | 'unseen' | 'uid_validity' | 'mod_seq' | 'state'
> & {
  look: Look | undefined;
  /** A subscription has no count yet. */
  uncounted: boolean;
  /** When a device last viewed it. */
  viewedAt: number | null;
};

export async function subscribedMailboxes(db: Transaction<ProxySchema>): Promise<SubscribedMailbox[]> {
  const rows = await db
    .selectFrom('mailbox')
    .innerJoin('subscription', 'subscription.mailbox_id', 'mailbox.id')
    .select(['mailbox.id', 'sign_in_name', 'sealed_password', 'unseen', 'uid_validity', 'mod_seq', 'state'])
    .select(({ fn, eb, ref }) => [
      fn.max(eb.case().when('policy', '=', 'since-viewed').then(1).else(0).end()).as('since_viewed'),
      fn
        .min(eb.case().when('policy', '=', 'since-viewed').then(ref('viewed_uid_next')).end())
        .as('since_uid'),
      fn.max('previews').as('previews'),
      fn.max(eb.case().when('count', 'is', null).then(1).else(0).end()).as('uncounted'),
      fn.max('viewed_at').as('viewed_at'),
    ])
    .where('subscription.ended_at', 'is', null)
    .groupBy('mailbox.id')
    .execute();
  return rows.map(({ since_viewed, since_uid, previews, uncounted, viewed_at, ...mailbox }) => ({
    ...mailbox,
    // Where a device counts from is unknown before its first look, which learns UIDNEXT alone. What another device
    // counts from, or one of an earlier UIDVALIDITY, only makes the look wider.
    look:
      since_viewed === 1 || previews === 1
        ? { ...(since_uid !== null && { sinceUid: since_uid }), ...(previews === 1 && { newest: 1 }) }
        : undefined,
    uncounted: uncounted === 1,
    viewedAt: viewed_at,
  }));
}
