// One look into the INBOX that a connection has examined: its count, and what the look asks for. Headers are read
// last and may fail by themselves only with the connection; bodies are never read, and nothing is ever marked.

import type { InboxView, Look } from '../mailbox-source.ts';
import type { ImapConnection } from './imap-connection.ts';

export async function viewInbox(
  connection: ImapConnection,
  look: Look,
): Promise<{ unseen: number; view: InboxView }> {
  // Before the search: what arrives between the two is unseen and new, and not taken for viewed.
  const { uidValidity, uidNext } = await connection.uidState();
  const { unseen, uids } = await connection.findUnseen();
  const { sinceUid = uidNext, newest = 0 } = look;
  const summaries = await connection.summaries(uids.newest(newest));
  return {
    unseen,
    view: {
      uidValidity,
      uidNext,
      sinceUid,
      unseenSince: look.sinceUid === undefined ? [] : uids.since(look.sinceUid),
      newest: summaries,
    },
  };
}
