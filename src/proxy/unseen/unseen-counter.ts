// The true unseen count of each subscribed mailbox, from a source that may lose events but never invents them: counts
// are ordered by their versions, doubts and gaps are recounted, and every mailbox is counted again at the start and,
// spread over time, at least every `recountEveryMs`. Counts wait per mailbox, never per event, while a transaction
// runs; the next one stores the mailboxes' rows and their subscriptions' counts together.

import type { Kysely, Transaction } from 'kysely';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import { backoffMs, type Random } from '../../runtime/random.ts';
import type { Secret } from '../../runtime/secrets.ts';
import { socketsQuiet } from '../../runtime/sockets-quiet.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type {
  MailboxCount,
  MailboxEvent,
  MailboxSource,
  MailboxState,
  RecountResult,
  WatchedMailbox,
} from '../mailboxes/mailbox-source.ts';
import { type CountVerdict, judgeEvent, judgeRecount } from './judge-count.ts';
import type { MailboxCounted } from './mailbox-counted.ts';
import { Recounter } from './recounter.ts';
import { type MailboxNews, storeNews, subscribedMailboxes } from './store-counts.ts';

const tickMs = 1000;
const mailboxesPerTransaction = 500;
const afterErrorMs = 1000;
const failedRecount = { baseMs: 5000, maxMs: 5 * 60_000 } as const;

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

type Watched = {
  mailbox: WatchedMailbox;
  sealedPassword: string | null;
  /** The newest count that was taken. */
  known: MailboxCount | undefined;
  state: string;
  /** +1 with each count taken from an event; tells whether one came while a recount ran. */
  events: number;
  eventsAtRecount: number;
  failures: number;
  recountAt: number;
};

export class UnseenCounter implements AsyncDisposable {
  readonly #options: UnseenCounterOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #recounter: Recounter;
  /** Not stored yet: what is newest about each mailbox. */
  #news = new Map<string, MailboxNews>();
  #storing: Promise<void> | undefined;
  #synchronizing: Promise<void> | undefined;
  #synchronizeAgain = false;
  #tick: Timer | undefined;
  #started = false;
  #stopping = false;

  constructor(options: UnseenCounterOptions) {
    this.#options = options;
    this.#recounter = new Recounter({
      source: options.source,
      lookUp: mailboxId => this.#watched.get(mailboxId)?.mailbox,
      onStart: mailboxId => {
        const watched = this.#watched.get(mailboxId);
        if (watched !== undefined) watched.eventsAtRecount = watched.events;
      },
      onResult: result => this.#recounted(result),
    });
  }

  /** Starts the source, watches and counts every subscribed mailbox. */
  async start(): Promise<void> {
    const mailboxes = await this.#synchronize();
    await this.#options.source.start(event => this.#handle(event));
    this.#watch(mailboxes, { urgent: false });
    this.#started = true;
    this.#keepTime();
  }

  /** Subscriptions came or went, or a password changed: watch what is subscribed now, and nothing else. */
  subscriptionsChanged(): void {
    if (!this.#started || this.#stopping) return;
    this.#synchronizeAgain = true;
    this.#synchronizing ??= this.#synchronizeUntilDone().finally(() => {
      this.#synchronizing = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#tick?.cancel();
    await Promise.all([this.#recounter.stop(), this.#synchronizing, this.#storing]);
  }

  #handle(event: MailboxEvent): void {
    const watched = this.#watched.get(event.mailboxId);
    if (watched === undefined || this.#stopping) return; // a server-wide source tells of everybody
    const { mailboxId, traceId, observedAt } = event;
    switch (event.kind) {
      case 'changed':
      case 'gap':
        this.#recounter.request(mailboxId, { urgent: true });
        return;
      case 'state':
        if (event.state === 'watched' && watched.state !== 'watched') {
          this.#recounter.request(mailboxId, { urgent: true });
        }
        this.#setState(watched, event.state, event.detail);
        return;
      case 'counted': {
        const verdict = judgeEvent(watched.known, event.count);
        if (verdict === 'take') watched.events += 1;
        const { count, cause } = event;
        this.#carryOut(verdict, watched, { count, cause, traceId, observedAt });
        return;
      }
    }
  }

  #recounted(result: RecountResult): void {
    const { clock, random, events, recountEveryMs } = this.#options;
    const watched = this.#watched.get(result.mailboxId);
    events.record({ kind: 'recounted', outcome: result.outcome, mailboxes: 1 });
    if (watched === undefined) return;
    const now = clock.now();
    if (result.outcome !== 'counted') {
      watched.recountAt = now + Math.min(recountEveryMs, backoffMs(random, watched.failures, failedRecount));
      watched.failures += 1;
      this.#setState(watched, result.outcome, result.detail);
      return;
    }
    watched.failures = 0;
    watched.recountAt = now + recountEveryMs * (0.5 + random.fraction() / 2);
    const interfered = watched.events !== watched.eventsAtRecount;
    const traceId = random.bytes(16).toString('hex');
    const { count } = result;
    const verdict = judgeRecount(watched.known, count, { interfered });
    this.#carryOut(verdict, watched, { count, cause: 'recount', traceId, observedAt: now });
  }

  #carryOut(verdict: CountVerdict, watched: Watched, told: NonNullable<MailboxNews['count']>): void {
    const mailboxId = watched.mailbox.id;
    if (verdict === 'recount') this.#recounter.request(mailboxId, { urgent: true });
    if (verdict !== 'take') return;
    watched.known = told.count;
    this.#setState(watched, 'watched', undefined);
    this.#store({ mailboxId, count: told });
  }

  #setState(watched: Watched, state: MailboxState, detail: string | undefined): void {
    if (watched.state === state) return;
    const mailboxId = watched.mailbox.id;
    watched.state = state;
    this.#options.events.record({ kind: 'mailbox-state', mailboxId, state, detail });
    this.#store({ mailboxId, state: { state, detail } });
  }

  #store(news: MailboxNews): void {
    this.#news.set(news.mailboxId, { ...this.#news.get(news.mailboxId), ...news });
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
    });
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
    // Soft: after a power cut every mailbox is counted again (R5).
    await softTransaction(db, async transaction => {
      await lease.assertHeld(transaction);
      await storeNews(transaction, batch, clock.now());
      await applyCounts(transaction, counted);
    });
    for (const { mailboxId, unseen, cause, traceId, observedAt } of counted) {
      events.record({ kind: 'mailbox-counted', mailboxId, unseen, cause, traceId, observedAt });
    }
    if (counted.length > 0) countsApplied();
  }

  async #synchronizeUntilDone(): Promise<void> {
    while (this.#synchronizeAgain && !this.#stopping) {
      this.#synchronizeAgain = false;
      try {
        this.#watch(await this.#synchronize(), { urgent: true });
      } catch (error) {
        this.#options.events.record({
          kind: 'storing-failed',
          what: 'watching',
          error: describeError(error),
        });
        this.#synchronizeAgain = true;
        await this.#options.clock.sleep(afterErrorMs, { background: true });
      }
    }
  }

  #watch(mailboxes: readonly WatchedMailbox[], { urgent }: { urgent: boolean }): void {
    for (const mailbox of mailboxes) {
      this.#options.source.watch(mailbox);
      this.#recounter.request(mailbox.id, { urgent });
    }
  }

  /** Makes the memory what the database says. Answers the mailboxes to be watched from now on. */
  async #synchronize(): Promise<WatchedMailbox[]> {
    const { db, source } = this.#options;
    const rows = await db.transaction().execute(subscribedMailboxes);
    const subscribed = new Set(rows.map(row => row.id));
    for (const id of this.#watched.keys()) {
      if (subscribed.has(id)) continue;
      this.#watched.delete(id);
      source.unwatch(id);
    }
    const mailboxes: WatchedMailbox[] = [];
    for (const row of rows) {
      const before = this.#watched.get(row.id);
      const same =
        before?.sealedPassword === row.sealed_password && before.mailbox.signInName === row.sign_in_name;
      if (same) continue;
      const mailbox = this.#toWatch(row);
      const version =
        row.uid_validity === null || row.mod_seq === null
          ? {}
          : { version: { uidValidity: row.uid_validity, modSeq: row.mod_seq } };
      this.#watched.set(row.id, {
        mailbox,
        sealedPassword: row.sealed_password,
        known: before?.known ?? (row.unseen === null ? undefined : { unseen: row.unseen, ...version }),
        state: row.state,
        events: 0,
        eventsAtRecount: 0,
        failures: 0,
        recountAt: 0,
      });
      mailboxes.push(mailbox);
    }
    return mailboxes;
  }

  /** A password that cannot be opened is as good as none: the source says `refused`, and a new sign-in mends it. */
  #toWatch(row: { id: string; sign_in_name: string; sealed_password: string | null }): WatchedMailbox {
    const mailbox = { id: row.id, signInName: row.sign_in_name };
    const { source, openPassword, events } = this.#options;
    if (!source.needsPassword || row.sealed_password === null) return mailbox;
    try {
      return { ...mailbox, password: openPassword(row.id, row.sealed_password) };
    } catch (error) {
      events.record({ kind: 'storing-failed', what: 'password', error: describeError(error) });
      return mailbox;
    }
  }

  /** The slow recounts, each at its own time. */
  #keepTime(): void {
    const now = this.#options.clock.now();
    for (const [mailboxId, { recountAt }] of this.#watched) {
      if (recountAt <= now && !this.#recounter.isBusyWith(mailboxId)) {
        this.#recounter.request(mailboxId, { urgent: false });
      }
    }
    this.#tick = this.#options.clock.after(tickMs, () => this.#keepTime(), { background: true });
  }
}
