// wanted ≠ shown ⇒ publish (ARCHITECTURE.md, R1–R5). One loop does everything that is written: each round is one
// transaction that stores the answers that came, clears what may be cleared, and claims what is due; then, committed,
// its batch goes out. So what leaves this host is always in the database before (R2), and killing the process at any
// instant leaves attempts that block their icons until nobody can start them any more (R4), and nothing else.
// Memory holds the icons in flight, never events. The loop sleeps until it is woken or something is due; the slow
// poll is for truth: a lost wake-up costs latency only.

import type { Kysely, Transaction } from 'kysely';
import { publishLimits } from '../../contract/publishing.ts';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { socketsQuiet } from '../../runtime/sockets-quiet.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { NewestMessages } from '../unseen/newest-messages.ts';
import type { Claim } from './claim.ts';
import { anyDue, claimDue } from './claim-due.ts';
import { askRepetitions, boundTimes, nextDueAt } from './due-times.ts';
import { type NotificationContext, toNotification } from './notification.ts';
import { publishingEnabled } from './publishing-enabled.ts';
import { RelayPace } from './relay-pace.ts';
import type { PublishEnd, RelayPort } from './relay-port.ts';
import { type Answer, clearAttempts, clearExpired, storeResults } from './store-results.ts';

/** After it the relay starts nothing (R4). */
const notAfterMs = publishLimits.notAfterAheadMs;
/** What the relay started at `notAfter` has an end 10 s later. */
const blocksMs = notAfterMs + 10_000;
const pollMs = 5000;
const afterErrorMs = 1000;
const stopWithinMs = 3000;
const longestWaitMs = 2 * 60 * 60_000;

export type PublisherOptions = {
  db: Kysely<ProxySchema>;
  /** Taken before start. */
  lease: Lease;
  relay: RelayPort;
  subscriptions: Pick<Subscriptions, 'targetGone' | 'iconsSettled'>;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  newest: Pick<NewestMessages, 'get'>;
  notifications: NotificationContext;
  /** The publisher stopped by itself: AppError `proxy-taken-over`. */
  onFailure(error: unknown): void;
};

export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #pace: RelayPace;
  /** Came since the last round. */
  #answers: Answer[] = [];
  /** Claims of which nothing left this host, or which the relay refused as a whole. */
  #notStarted: { claims: readonly Claim[]; reason: string }[] = [];
  readonly #requests = new Set<AbortController>();
  #steadyOffset = 0;
  #loop: Promise<void> | undefined;
  #woken = false;
  #wakeSleeper: () => void = () => undefined;
  #stopping = false;
  #abandoned = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#pace = new RelayPace(options);
  }

  async start(): Promise<void> {
    const { db, clock, lease } = this.#options;
    this.#steadyOffset = clock.now() - clock.monotonic();
    await db.transaction().execute(async transaction => {
      await lease.assertHeld(transaction);
      await boundTimes(transaction, { now: this.#now(), blocksMs, longestMs: longestWaitMs });
    });
    this.#loop = this.#run();
  }

  /** Something may be due. */
  wake(): void {
    this.#woken = true;
    this.#wakeSleeper();
  }

  /** Starts nothing more and waits briefly for answers; attempts without one stay in the database (R4). */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.wake();
    const grace = this.#options.clock.after(stopWithinMs, () => this.#abandon());
    await this.#loop;
    grace.cancel();
  }

  async #run(): Promise<void> {
    while (!this.#finished()) {
      this.#woken = false;
      let delayMs: number;
      try {
        delayMs = await this.#round();
      } catch (error) {
        if (error instanceof AppError && error.code === 'proxy-taken-over') {
          this.#abandon();
          this.#options.onFailure(error);
          return;
        }
        this.#options.events.record({
          kind: 'storing-failed',
          what: 'publishing',
          error: describeError(error),
        });
        delayMs = afterErrorMs;
        this.#woken = false; // what came meanwhile is no reason to try a broken database at once
      }
      await this.#sleep(delayMs);
    }
  }

  #finished(): boolean {
    const idle = this.#requests.size === 0 && this.#answers.length === 0 && this.#notStarted.length === 0;
    return this.#stopping && (this.#abandoned || idle);
  }

  #abandon(): void {
    this.#abandoned = true;
    for (const request of this.#requests) request.abort();
    this.wake();
  }

  /** One transaction, then one batch. Answers how long nothing more can be due. */
  async #round(): Promise<number> {
    const { db, relay, events } = this.#options;
    const now = this.#now();
    const relayNow = relay.relayNow();
    const items = this.#stopping || relayNow === undefined ? 0 : this.#pace.itemsNow(now);
    const answers = this.#answers.slice();
    const notStarted = this.#notStarted.slice();

    // A claim must be on the disk before its batch leaves (R2). Answers need not wait for the disk: an attempt whose
    // end is undone by a power cut blocks its icon and clears like any other (R4).
    const claiming = items > 0 && (await anyDue(db, now));
    const work = (transaction: Transaction<ProxySchema>) =>
      this.#commitRound(transaction, { now, items, claiming, answers, notStarted });
    const done = await (claiming ? db.transaction().execute(work) : softTransaction(db, work));
    this.#answers = this.#answers.slice(answers.length);
    this.#notStarted = this.#notStarted.slice(notStarted.length);
    for (const event of done.outcomes) events.record(event);
    if (done.claims.length > 0 && relayNow !== undefined) {
      this.#publish(done.claims, Math.floor(relayNow) + notAfterMs);
    }

    const after = this.#now();
    if (done.more && this.#pace.itemsNow(after) > 0) return 0;
    const probeAt = this.#pace.open === 0 ? this.#pace.probeAt : undefined;
    const nextAt = Math.min(done.nextAt, probeAt !== undefined && probeAt > after ? probeAt : after + pollMs);
    return Math.min(Math.max(0, nextAt - after), relayNow === undefined ? afterErrorMs : pollMs);
  }

  async #commitRound(
    transaction: Transaction<ProxySchema>,
    {
      now,
      items,
      claiming,
      answers,
      notStarted,
    }: {
      now: number;
      items: number;
      claiming: boolean;
      answers: readonly Answer[];
      notStarted: readonly { claims: readonly Claim[]; reason: string }[];
    },
  ) {
    const { lease, random, subscriptions, newest } = this.#options;
    const { epoch } = lease;
    await lease.assertHeld(transaction);
    const outcomes = await storeResults(transaction, answers, { now, epoch, random, subscriptions });
    for (const { claims, reason } of notStarted) {
      await clearAttempts(
        transaction,
        claims.map(claim => claim.attemptId),
        { reason, now },
      );
    }
    outcomes.push(...(await clearExpired(transaction, now)));
    await askRepetitions(transaction, now);
    const enabled = items > 0 && (await publishingEnabled(transaction));
    const { claims, more } =
      claiming && enabled
        ? await claimDue(transaction, { now, items, blocksUntil: now + blocksMs, epoch, random, newest })
        : { claims: [], more: false };
    const nextAt = await nextDueAt(transaction, { waiting: enabled });
    return { outcomes, claims, more, nextAt };
  }

  /** Only after its transaction: `notAfter` and the attempts' `attempt_blocks_until` were taken at the same moment. */
  #publish(claims: readonly Claim[], notAfter: number): void {
    const { relay, clock, events, notifications: context } = this.#options;
    const waiting = new Map(claims.map(claim => [claim.attemptId, claim]));
    for (const claim of claims) {
      const { iconId, badge, rev, traceId } = claim;
      events.record({ kind: 'badge-published', iconId, badge, rev, traceId });
    }
    const onResult = (result: Answer['result']): void => {
      const claim = waiting.get(result.id);
      if (claim === undefined) return;
      waiting.delete(result.id);
      this.#answers.push({ claim, result });
      this.wake();
    };
    const notifications = claims.flatMap(claim => {
      try {
        return toNotification(claim, context);
      } catch (error) {
        const detail = describeError(error);
        onResult({ id: claim.attemptId, outcome: 'rejected', reason: 'notification-invalid', detail });
        return [];
      }
    });
    if (notifications.length === 0) return;
    const request = new AbortController();
    this.#requests.add(request);
    const batch = this.#pace.opened();
    const deadline = clock.after(blocksMs, () => request.abort());
    void relay.publish({ notAfter, notifications }, { signal: request.signal, onResult }).then(end => {
      deadline.cancel();
      this.#requests.delete(request);
      this.#ended(end, batch, [...waiting.values()]);
      this.wake();
    });
  }

  #ended(end: PublishEnd, batch: ReturnType<RelayPace['opened']>, unanswered: readonly Claim[]): void {
    const { events } = this.#options;
    if (end.kind === 'answered') {
      if (batch.succeeded()) events.record({ kind: 'relay-available' });
      return;
    }
    const retryInMs = batch.failed(this.#now(), end.kind === 'refused' ? end.retryAfterMs : undefined);
    events.record({ kind: 'relay-unavailable', end: end.kind, detail: end.detail, retryInMs });
    if (end.kind !== 'broken') this.#notStarted.push({ claims: unanswered, reason: end.code });
  }

  /** This host's clock as it ran since the start: a step of the wall clock must not end an attempt early (R4). */
  #now(): number {
    return Math.floor(this.#steadyOffset + this.#options.clock.monotonic());
  }

  async #sleep(delayMs: number): Promise<void> {
    if (!this.#woken && delayMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakeSleeper = resolve;
      const timer = this.#options.clock.after(delayMs, resolve, { background: true });
      await promise;
      timer.cancel();
    }
    // SQLite answers within the turn: without this, sockets would starve. And what they bring goes into one round.
    await socketsQuiet();
  }
}
