// The newest unseen message of each mailbox whose subscriptions asked for previews. In memory alone: who sent what is
// written nowhere, and after a restart a badge goes out without its preview until the mailbox is counted again.

import type { MessageSummary } from '../mailboxes/mailbox-source.ts';

export class NewestMessages {
  readonly #byMailbox = new Map<string, MessageSummary>();

  /** What the last look saw; undefined: nothing is unseen, or nobody wants to know any more. */
  set(mailboxId: string, message: MessageSummary | undefined): void {
    if (message === undefined) this.#byMailbox.delete(mailboxId);
    else this.#byMailbox.set(mailboxId, message);
  }

  get(mailboxId: string): MessageSummary | undefined {
    return this.#byMailbox.get(mailboxId);
  }
}
