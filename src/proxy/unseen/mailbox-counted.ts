// A mailbox's true unseen count, as the unseen stage hands it to the subscriptions.

import type { InboxView } from '../mailboxes/mailbox-source.ts';

export type MailboxCounted = {
  mailboxId: string;
  unseen: number;
  /** Undefined where nobody looked: subscriptions that need it keep what they have. */
  view: InboxView | undefined;
  traceId: string;
  /** ms, when the event that led to this count was seen. */
  observedAt: number;
};
