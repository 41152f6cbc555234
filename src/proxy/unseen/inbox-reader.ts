// One look into an INBOX for a person who has its page open: the count and the newest unseen messages, read from the
// mail server now and kept nowhere.

import type { Kysely } from 'kysely';
import type { Secret } from '../../runtime/secrets.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { InboxView, Look, MailboxSource } from '../mailboxes/mailbox-source.ts';
import { possibleResult } from './possible-count.ts';

export type InboxReading =
  | { outcome: 'read'; unseen: number; view: InboxView }
  | { outcome: 'gone' | 'refused' | 'unreachable'; detail: string };

export type InboxReaderOptions = {
  db: Kysely<ProxySchema>;
  source: Pick<MailboxSource, 'recount' | 'needsPassword'>;
  /** Opens what `mailbox.sealed_password` holds. */
  openPassword(mailboxId: string, sealedPassword: string): Secret;
};

export class InboxReader {
  readonly #options: InboxReaderOptions;

  constructor(options: InboxReaderOptions) {
    this.#options = options;
  }

  async read(mailboxId: string, look: Look, { signal }: { signal: AbortSignal }): Promise<InboxReading> {
    const { db, source, openPassword } = this.#options;
    const mailbox = await db
      .selectFrom('mailbox')
      .select(['sign_in_name', 'sealed_password'])
      .where('id', '=', mailboxId)
      .executeTakeFirst();
    if (mailbox === undefined) return { outcome: 'gone', detail: 'nobody signed in to this mailbox' };
    const { sign_in_name: signInName, sealed_password: sealed } = mailbox;
    const password = source.needsPassword && sealed !== null ? openPassword(mailboxId, sealed) : undefined;
    const [answer] = await source.recount(
      [{ id: mailboxId, signInName, look, ...(password === undefined ? {} : { password }) }],
      { signal },
    );
    if (answer === undefined) return { outcome: 'unreachable', detail: 'the source gave no result' };
    const result = possibleResult(answer);
    if (result.outcome !== 'counted') return result;
    const { unseen, view } = result.count;
    return view === undefined
      ? { outcome: 'unreachable', detail: 'the source cannot read messages' }
      : { outcome: 'read', unseen, view };
  }
}
