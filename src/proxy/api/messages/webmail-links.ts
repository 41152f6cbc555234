// Links into the organization's webmail, which the web app hands over to. What is filled in comes from anybody who sends
// a message: each value is percent-encoded whole, so that it stays the part of the URL that it was put into.

import type { Message } from '../../../contract/devices.ts';
import type { MessageSummary } from '../../mailboxes/mailbox-source.ts';

type Links = NonNullable<Message['links']>;

/** Null where the template needs what the message does not have. */
export function webmailLinks(
  template: string,
  { mailbox, message }: { mailbox: string; message: Pick<MessageSummary, 'uid' | 'messageId'> },
): Links | null {
  const fill = (action: string): string | undefined =>
    filled(template, { uid: String(message.uid), message_id: message.messageId, mailbox, action });
  const [open, markRead, archive] = [fill('open'), fill('mark-read'), fill('archive')];
  if (open === undefined || markRead === undefined || archive === undefined) return null;
  return template.includes('{action}') ? { open, markRead, archive } : { open };
}

function filled(template: string, values: Record<string, string | null>): string | undefined {
  let complete = true;
  const url = template.replaceAll(/\{(uid|message_id|mailbox|action)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    // An empty segment is another path, and dots would climb in it: no encoding keeps a browser from that.
    if (/^\.{0,2}$/.test(value)) complete = false;
    return encodeURIComponent(value.toWellFormed());
  });
  return complete ? url : undefined;
}
