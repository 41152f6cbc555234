// A mailbox's true unseen count, as the unseen stage hands it to the subscriptions.

export type MailboxCounted = {
  mailboxId: string;
  unseen: number;
  traceId: string;
  /** ms, when the event that led to this count was seen. */
  observedAt: number;
};
