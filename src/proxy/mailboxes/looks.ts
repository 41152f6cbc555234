// Several looks into one INBOX answered by one visit: it sees what the widest of them asks for, and each is given no
// more messages than it asked for.

import type { Look, MailboxCount } from './mailbox-source.ts';

/** Undefined when nobody wants to look. */
export function widestLook(looks: readonly (Look | undefined)[]): Look | undefined {
  const wanted = looks.filter(look => look !== undefined);
  if (wanted.length === 0) return undefined;
  const sinceUid = Math.min(...wanted.map(look => look.sinceUid ?? Number.POSITIVE_INFINITY));
  const newest = Math.max(...wanted.map(look => look.newest ?? 0));
  return { ...(Number.isFinite(sinceUid) && { sinceUid }), ...(newest > 0 && { newest }) };
}

export function narrowed({ view, ...count }: MailboxCount, look: Look | undefined): MailboxCount {
  if (look === undefined || view === undefined) return count;
  return { ...count, view: { ...view, newest: view.newest.slice(0, look.newest ?? 0) } };
}
