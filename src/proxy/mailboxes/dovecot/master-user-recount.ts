// Re-reads counts by IMAP STATUS as Dovecot's master user: for servers whose doveadm is out of reach.

import type { ImapAccess } from '../imap/imap-access.ts';
import type { MasterLogin } from '../imap/master-login.ts';
import type { RecountResult, WatchedMailbox } from '../mailbox-source.ts';
import type { Recount } from './dovecot-source.ts';

export function masterUserRecount({ access, master }: { access: ImapAccess; master: MasterLogin }): Recount {
  const one = async ({ id, signInName }: WatchedMailbox, signal: AbortSignal): Promise<RecountResult> => {
    const login = master.as(signInName);
    if (login !== undefined) return access.count(id, login, signal);
    return { mailboxId: id, outcome: 'refused', detail: 'the name contains the separator of master users' };
  };
  return async (mailboxes, { signal }) => Promise.all(mailboxes.map(mailbox => one(mailbox, signal)));
}
