// What the proxy knows of its mailboxes, as rows. Most recounts change nothing: those are written by one statement.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { MailboxCount, MailboxState } from '../mailboxes/mailbox-source.ts';

/** A count, and what led to it. */
export type ToldCount = { count: MailboxCount; cause: string; traceId: string; observedAt: number };

/** What is new about one mailbox. */
export type MailboxNews = {
  mailboxId: string;
  count?: ToldCount;
  state?: { state: MailboxState; detail: string | undefined };
};

export async function storeNews(
  transaction: Transaction<ProxySchema>,
  news: readonly MailboxNews[],
  now: number,
): Promise<void> {
  const rows = await transaction
    .selectFrom('mailbox')
    .select(['id', 'unseen', 'uid_validity', 'mod_seq', 'state', 'state_at', 'state_detail'])
    .where(
      'id',
      'in',
      news.map(({ mailboxId }) => mailboxId),
    )
    .execute();
  const rowOf = new Map(rows.map(row => [row.id, row]));
  const confirmed: string[] = [];
  for (const { mailboxId, count, state } of news) {
    const row = rowOf.get(mailboxId);
    if (row === undefined) continue;
    const told = count?.count;
    const sameState =
      state === undefined || (state.state === row.state && (state.detail ?? null) === row.state_detail);
    const sameCount =
      told !== undefined &&
      told.unseen === row.unseen &&
      (told.version?.uidValidity ?? null) === row.uid_validity &&
      (told.version?.modSeq ?? null) === row.mod_seq;
    if (sameState && sameCount && count?.cause === 'recount') {
      confirmed.push(mailboxId);
      continue;
    }
    await transaction
      .updateTable('mailbox')
      .set({
        ...(count === undefined
          ? {}
          : {
              unseen: count.count.unseen,
              uid_validity: count.count.version?.uidValidity ?? null,
              mod_seq: count.count.version?.modSeq ?? null,
              counted_at: now,
              last_event_at: count.observedAt,
              last_event_cause: count.cause,
            }),
        ...(state === undefined
          ? {}
          : {
              state: state.state,
              state_detail: state.detail ?? null,
              state_at: state.state === row.state ? row.state_at : now,
            }),
      })
      .where('id', '=', mailboxId)
      .execute();
  }
  if (confirmed.length > 0) {
    await transaction.updateTable('mailbox').set({ counted_at: now }).where('id', 'in', confirmed).execute();
  }
}
