// The true unseen count of each subscribed mailbox, from a source that may lose events but never invents them: counts
// are ordered by their versions, doubts and gaps are recounted, and every mailbox is counted again at the start, after
// this process stood still and, spread over time, at least every `recountEveryMs`. A mailbox that must be looked into is
// recounted after each event that came without a look; where previews are wanted, a count that goes up waits for it a
// moment.

import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import { backoffMs, type Random } from '../../runtime/random.ts';
import type {
  MailboxCount,
  MailboxEvent,
  MailboxSource,
  MailboxState,
  RecountResult,
} from '../mailboxes/mailbox-source.ts';
import { afterErrorMs, CountStore, type CountStoreOptions } from './count-store.ts';
import { type CountVerdict, judgeEvent, judgeRecount } from './judge-count.ts';
import { possibleCount, possibleResult } from './possible-count.ts';
import { Recounter } from './recounter.ts';
import type { ToldCount } from './store-counts.ts';
import {
  type Change,
  type Watched,
  WatchedMailboxes,
  type WatchedMailboxesOptions,
} from './watched-mailboxes.ts';

const tickMs = 1000;
/** A tick that is so late: the process was stopped, or its machine, and what was told meanwhile may be lost. */
const stoodStillMs = 20_000;
const failedRecount = { baseMs: 5000, maxMs: 5 * 60_000 } as const;
/** So long a badge that goes up waits for the sender and subject of its message. */
const holdMs = 1000;

export type UnseenCounterOptions = CountStoreOptions &
  WatchedMailboxesOptions & {
    /** Started by the counter; disposed by whoever made it. */
    source: MailboxSource;
    clock: Clock;
    random: Random;
    /** Every mailbox is counted again at least this often. */
    recountEveryMs: number;
  };

export class UnseenCounter implements AsyncDisposable {
  readonly #options: UnseenCounterOptions;
  readonly #watched: WatchedMailboxes;
  readonly #store: CountStore;
  readonly #recounter: Recounter;
  #synchronizing: Promise<void> | undefined;
  #synchronizeAgain = false;
  #tick: Timer | undefined;
  #started = false;
  #stopping = false;

  constructor(options: UnseenCounterOptions) {
    this.#options = options;
    this.#watched = new WatchedMailboxes(options);
    this.#store = new CountStore(options, { looksChanged: () => this.subscriptionsChanged() });
    this.#recounter = new Recounter({
      source: options.source,
      lookUp: mailboxId => this.#watched.get(mailboxId)?.mailbox,
      onStart: mailboxId => {
        const watched = this.#watched.get(mailboxId);
        if (watched !== undefined) watched.eventsAtRecount = watched.events;
      },
      onResult: result => this.#recounted(possibleResult(result)),
    });
  }

  /** Starts the source, watches and counts every subscribed mailbox. */
  async start(): Promise<void> {
    const changes = await this.#watched.synchronize();
    await this.#options.source.start(event => this.#handle(event));
    this.#follow(changes, { urgent: false });
    this.#started = true;
    this.#keepTime(this.#options.clock.now());
  }

  /** Subscriptions came, went or changed, or a password did: watch what is wanted now, and nothing else. */
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
    for (const [, { unlooked }] of this.#watched) unlooked?.held?.cancel(); // counted again at the next start (R5)
    await Promise.all([this.#recounter.stop(), this.#synchronizing, this.#store.stop()]);
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
        const { cause } = event;
        const count = possibleCount(event.count);
        if (count === undefined) {
          this.#recounter.request(mailboxId, { urgent: true });
          return;
        }
        if (!this.#takes(judgeEvent(watched.known, count), watched, count)) return;
        watched.events += 1;
        const told = { count, cause, traceId, observedAt };
        if (watched.mailbox.look === undefined || count.view !== undefined) this.#give(watched, told);
        else this.#awaitLook(watched, told);
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
    const { look } = watched.mailbox;
    if (result.outcome === 'counted' && (look === undefined || result.count.view !== undefined)) {
      watched.failures = 0;
      watched.recountAt = now + recountEveryMs * (0.5 + random.fraction() / 2);
    } else {
      watched.recountAt = now + Math.min(recountEveryMs, backoffMs(random, watched.failures, failedRecount));
      watched.failures += 1;
    }
    if (result.outcome === 'counted') {
      const interfered = watched.events !== watched.eventsAtRecount;
      const { count } = result;
      if (this.#takes(judgeRecount(watched.known, count, { interfered }), watched, count)) {
        const recounted = { cause: 'recount', traceId: random.bytes(16).toString('hex'), observedAt: now };
        // The badge that follows is the event's, if this is the look that it waited for.
        this.#give(watched, { ...recounted, ...watched.unlooked?.told, count });
      }
    } else {
      this.#setState(watched, result.outcome, result.detail);
    }
    // One that began before the event says nothing about it; the one after it is asked for already.
    if (!this.#recounter.isBusyWith(result.mailboxId)) this.#release(watched);
  }

  /** Whether the count is true now; if nobody can tell, it is recounted. */
  #takes(verdict: CountVerdict, watched: Watched, count: MailboxCount): boolean {
    if (verdict === 'recount') this.#recounter.request(watched.mailbox.id, { urgent: true });
    if (verdict !== 'take') return false;
    watched.known = count;
    this.#setState(watched, 'watched', undefined);
    return true;
  }

  /** The count is true, and what else is wanted of the mailbox must still be read. */
  #awaitLook(watched: Watched, told: ToldCount): void {
    const { id: mailboxId, look } = watched.mailbox;
    const { clock, newest } = this.#options;
    const held = watched.unlooked?.held;
    if (look?.newest !== undefined && told.count.unseen > (watched.given ?? 0)) {
      const release = (): void => this.#release(watched);
      watched.unlooked = { told, held: held ?? clock.after(holdMs, release, { background: true }) };
    } else {
      this.#give(watched, told);
      watched.unlooked = { told, held: undefined };
    }
    newest.set(mailboxId, undefined); // it may be another by now
    this.#recounter.request(mailboxId, { urgent: true });
  }

  /** Subscriptions wait no longer for a look: they get the count that was held back. */
  #release(watched: Watched): void {
    const { unlooked } = watched;
    watched.unlooked = undefined;
    if (unlooked?.held !== undefined) this.#give(watched, unlooked.told);
  }

  /** What was held before is older. */
  #give(watched: Watched, told: ToldCount): void {
    const { id: mailboxId, look } = watched.mailbox;
    watched.unlooked?.held?.cancel();
    watched.unlooked = undefined;
    watched.given = told.count.unseen;
    if (look?.newest !== undefined) this.#options.newest.set(mailboxId, told.count.view?.newest[0]);
    this.#store.add({ mailboxId, count: told });
  }

  #setState(watched: Watched, state: MailboxState, detail: string | undefined): void {
    if (watched.state === state) return;
    const mailboxId = watched.mailbox.id;
    watched.state = state;
    this.#options.events.record({ kind: 'mailbox-state', mailboxId, state, detail });
    this.#store.add({ mailboxId, state: { state, detail } });
  }

  async #synchronizeUntilDone(): Promise<void> {
    while (this.#synchronizeAgain && !this.#stopping) {
      this.#synchronizeAgain = false;
      try {
        this.#follow(await this.#watched.synchronize(), { urgent: true });
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

  #follow(changes: readonly Change[], { urgent }: { urgent: boolean }): void {
    for (const { mailbox, watch, count } of changes) {
      if (watch) this.#options.source.watch(mailbox);
      if (count) this.#recounter.request(mailbox.id, { urgent });
    }
  }

  /** The slow recounts, each at its own time, and all of them after a gap. By the wall clock: a machine sleeps, too. */
  #keepTime(tickedAt: number): void {
    const now = this.#options.clock.now();
    const stoodStill = Math.abs(now - tickedAt) > stoodStillMs;
    for (const [mailboxId, { recountAt }] of this.#watched) {
      if (stoodStill || (recountAt <= now && !this.#recounter.isBusyWith(mailboxId))) {
        this.#recounter.request(mailboxId, { urgent: false });
      }
    }
    this.#tick = this.#options.clock.after(tickMs, () => this.#keepTime(now), { background: true });
  }
}
