// What the proxy keeps in its hands of a message: sender, subject, id, time. Made of headers that anybody may have
// written, so nothing that stands in them makes this throw, and everything that comes out is bounded.

import type { MessageSummary } from '../mailbox-source.ts';
import { firstAuthor } from './from-header.ts';
import { decodeHeaderText } from './header-text.ts';

const subjectCharacters = 250;
const messageIdCharacters = 500;

type RawHeaders = {
  from?: string | undefined;
  subject?: string | undefined;
  messageId?: string | undefined;
};

export function messageSummary(
  { uid, receivedAt }: { uid: number; receivedAt: number },
  { from, subject, messageId }: RawHeaders,
): MessageSummary {
  const author = firstAuthor(from ?? '');
  return {
    uid,
    messageId: idOf(messageId ?? ''),
    fromName: author.name,
    fromAddress: author.address,
    subject: decodeHeaderText(subject ?? '', subjectCharacters) || null,
    receivedAt,
  };
}

/** RFC 5322 §3.6.4. A cut id would be another's: one that is too long is none. */
function idOf(value: string): string | null {
  const id = /<([^<>\s\p{C}]+)>/u.exec(value.slice(0, 2 * messageIdCharacters))?.[1];
  return id === undefined || id.length > messageIdCharacters ? null : id;
}
