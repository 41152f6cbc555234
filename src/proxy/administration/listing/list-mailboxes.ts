// Mailboxes for the console, by name, a page at a time.

import type { Kysely } from 'kysely';
import type { MailboxList } from '../../../contract/console/proxy-console.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { contains } from './like.ts';
import { type Page, pageSize } from './page.ts';

type MailboxState = MailboxList['mailboxes'][number]['state'];

export async function listMailboxes(
  db: Kysely<ProxySchema>,
  { search, state, after }: Page & { state?: MailboxState | undefined },
): Promise<MailboxList> {
  let query = db
    .selectFrom('mailbox')
    .selectAll('mailbox')
    .select(({ selectFrom }) =>
      selectFrom('subscription')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('subscription.mailbox_id', '=', 'mailbox.id')
        .where('subscription.ended_at', 'is', null)
        .as('icons'),
    )
    .orderBy('mailbox.id')
    .limit(pageSize + 1);
  if (after !== undefined) query = query.where('mailbox.id', '>', after);
  if (state !== undefined) query = query.where('mailbox.state', '=', state);
  if (search !== undefined) {
    query = query.where(({ or }) =>
      or([contains('mailbox.id', search), contains('mailbox.sign_in_name', search)]),
    );
  }
  const rows = await query.execute();
  return {
    mailboxes: rows.slice(0, pageSize).map(row => ({
      id: row.id,
      state: row.state as MailboxState,
      stateDetail: row.state_detail,
      stateAt: row.state_at,
      unseen: row.unseen,
      countedAt: row.counted_at,
      lastEventAt: row.last_event_at,
      lastEventCause: row.last_event_cause,
      icons: Number(row.icons ?? 0),
    })),
    more: rows.length > pageSize,
  };
}
