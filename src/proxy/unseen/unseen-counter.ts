// The true unseen count of each subscribed mailbox, from one source of events.

import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Secret } from '../../runtime/secrets.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { MailboxSource } from '../mailboxes/mailbox-source.ts';
import type { MailboxCounted } from './mailbox-counted.ts';

export type UnseenCounterOptions = {
  db: Kysely<ProxySchema>;
  /** Taken before start. */
  lease: Lease;
  /** Started by the counter; disposed by whoever made it. */
  source: MailboxSource;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  /** Every mailbox is counted again at least this often. */
  recountEveryMs: number;
  /** Opens what `mailbox.sealed_password` holds. */
  openPassword(mailboxId: string, sealedPassword: string): Secret;
  /** Takes the counts over in the same transaction that stores them (Subscriptions). */
  applyCounts(transaction: Transaction<ProxySchema>, counted: readonly MailboxCounted[]): Promise<void>;
  /** Called after that transaction: icons may be due now. */
  countsApplied(): void;
};

export class UnseenCounter implements AsyncDisposable {
  readonly #options: UnseenCounterOptions;

  constructor(options: UnseenCounterOptions) {
    this.#options = options;
  }

  /** Starts the source, watches and counts every subscribed mailbox. */
  async start(): Promise<void> {
    await this.#options.source.start(() => undefined);
  }

  /** Subscriptions came or went, or a password changed: watch what is subscribed now, and nothing else. */
  subscriptionsChanged(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
