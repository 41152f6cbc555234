// Reads an INBOX for a device that waits, and tells it what it can do when that fails.

import { AppError } from '../../../runtime/errors.ts';
import type { InboxView, Look, MailboxSource } from '../../mailboxes/mailbox-source.ts';
import type { InboxReader } from '../../unseen/inbox-reader.ts';

export type InboxCollaborators = {
  inbox: Pick<InboxReader, 'read'>;
  source: Pick<MailboxSource, 'needsPassword'>;
};

/** Throws `session-invalid`, `mailbox-unknown`, `mail-server-unreachable`. */
export async function readInbox(
  { inbox, source }: InboxCollaborators,
  mailboxId: string,
  { look, signal }: { look: Look; signal: AbortSignal },
): Promise<{ unseen: number; view: InboxView }> {
  const reading = await inbox.read(mailboxId, look, { signal });
  switch (reading.outcome) {
    case 'read':
      return reading;
    case 'gone':
      throw new AppError('mailbox-unknown', 'the mail server says that this mailbox does not exist', {
        hint: 'ask the administrator of your mail server',
      });
    case 'refused':
      // With a credential of the proxy's own nobody can mend it by signing in.
      if (!source.needsPassword) throw unreachable();
      throw new AppError('session-invalid', 'the mail server no longer takes the password of this sign-in', {
        hint: 'sign in again with the password that the mailbox has now',
      });
    case 'unreachable':
      throw unreachable();
  }
}

function unreachable(): AppError {
  return new AppError('mail-server-unreachable', 'the mail server cannot be asked at the moment', {
    hint: 'try again later',
    retryAfterMs: 5000,
  });
}
