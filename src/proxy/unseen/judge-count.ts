// Which of two answers about one mailbox is true. Newer versions win; an older event came out of order. Without
// versions (no CONDSTORE) an event is taken as it comes, and a recount only when no event came while it ran.
// A recount that nothing interfered with is the truth whatever its version: a restored server's versions go back.

import type { MailboxCount, MailboxVersion } from '../mailboxes/mailbox-source.ts';

/** `recount`: the two contradict each other, only the server can tell. */
export type CountVerdict = 'take' | 'drop' | 'recount';

export function judgeEvent(known: MailboxCount | undefined, told: MailboxCount): CountVerdict {
  if (known?.version === undefined || told.version === undefined) return 'take';
  if (told.version.uidValidity < known.version.uidValidity) return 'recount'; // a restored mailbox, or a late event
  const order = compareVersions(told.version, known.version);
  if (order !== 0) return order > 0 ? 'take' : 'drop';
  return told.unseen === known.unseen ? 'drop' : 'recount';
}

/** `interfered`: an event was taken between the recount's start and its end. */
export function judgeRecount(
  known: MailboxCount | undefined,
  told: MailboxCount,
  { interfered }: { interfered: boolean },
): CountVerdict {
  if (!interfered) return 'take';
  if (known?.version === undefined || told.version === undefined) return 'recount';
  return judgeEvent(known, told);
}

/** RFC 7162 §3.1: mod-sequences order states of one UIDVALIDITY only; UIDVALIDITY itself grows (RFC 9051 §2.3.1.1). */
function compareVersions(a: MailboxVersion, b: MailboxVersion): number {
  return a.uidValidity - b.uidValidity || a.modSeq - b.modSeq;
}
