// Stores what is new about mailboxes: news wait per mailbox, never per event, while a transaction runs; the next one
// stores the mailboxes' rows and their subscriptions' counts together.

import type { Kysely, Transaction } from 'kysely';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import { socketsQuiet } from '../../runtime/sockets-quiet.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { MailboxCounted } from './mailbox-counted.ts';
import { type MailboxNews, storeNews } from './store-counts.ts';

const mailboxesPerTransaction = 500;
export const afterErrorMs = 1000;

export type CountStoreOptions = {
  db: Kysely<ProxySchema>;
  /** Taken before start. */
  lease: Lease;
  clock: Clock;
  events: ProxyEvents;
  /**
   * Takes the counts over in the same transaction that stores them (Subscriptions). Answers whether a subscription
   * counts from another message than before, so that its mailbox must be looked at otherwise.
   */
  applyCounts(transaction: Transaction<ProxySchema>, counted: readonly MailboxCounted[]): Promise<boolean>;
  /** Called after that transaction: icons may be due now. */
  countsApplied(): void;
};

export class CountStore {
  readonly #options: CountStoreOptions;
  readonly #looksChanged: () => void;
  /** Not stored yet: what is newest about each mailbox. */
  readonly #news = new Map<string, MailboxNews>();
  #storing: Promise<void> | undefined;
  #stopping = false;

  /** `looksChanged`: called after a commit that changed what mailboxes must be looked at for. */
  constructor(options: CountStoreOptions, { looksChanged }: { looksChanged(): void }) {
    this.#options = options;
    this.#looksChanged = looksChanged;
  }

  add(news: MailboxNews): void {
    this.#news.set(news.mailboxId, { ...this.#news.get(news.mailboxId), ...news });
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
    });
  }

  /** What is stored now may finish. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#storing;
  }

  /** Until nothing is left: what comes while one transaction runs is in the next. */
  async #storeAll(): Promise<void> {
    while (this.#news.size > 0) {
      // All sockets that have something are read first: what they tell goes together, and no mail process waits for
      // its answer while we write.
      await socketsQuiet();
      const batch = [...this.#news.values()].slice(0, mailboxesPerTransaction);
      for (const { mailboxId } of batch) this.#news.delete(mailboxId);
      try {
        await this.#storeBatch(batch);
      } catch (error) {
        // What came meanwhile is newer than what could not be stored.
        for (const old of batch) this.#news.set(old.mailboxId, { ...old, ...this.#news.get(old.mailboxId) });
        this.#options.events.record({ kind: 'storing-failed', what: 'counts', error: describeError(error) });
        if (this.#stopping || (error instanceof AppError && error.code === 'proxy-taken-over')) return; // R5
        await this.#options.clock.sleep(afterErrorMs, { background: true });
      }
    }
  }

  async #storeBatch(batch: readonly MailboxNews[]): Promise<void> {
    const { db, lease, clock, events, applyCounts, countsApplied } = this.#options;
    const counted = batch.flatMap(({ mailboxId, count }) =>
      count === undefined ? [] : { mailboxId, ...count, unseen: count.count.unseen, view: count.count.view },
    );
    let looksChanged = false;
    // Soft: after a power cut every mailbox is counted again (R5).
    await softTransaction(db, async transaction => {
      await lease.assertHeld(transaction);
      await storeNews(transaction, batch, clock.now());
      looksChanged = await applyCounts(transaction, counted);
    });
    for (const { mailboxId, unseen, cause, traceId, observedAt } of counted) {
      events.record({ kind: 'mailbox-counted', mailboxId, unseen, cause, traceId, observedAt });
    }
    if (counted.length > 0) countsApplied();
    if (looksChanged) this.#looksChanged();
  }
}
