// Watches one INBOX over one connection, for as long as it is wanted: connect, count, IDLE, count after each change.
// One loop does everything in sequence, so IDLE is re-entered at once after each command, and the counts that it
// tells are in the mailbox's own order. A connection that is lost, or a day old, is always followed by a new one and a
// count.

import type { Clock } from '../../../runtime/clock.ts';
import { backoffMs, type Random } from '../../../runtime/random.ts';
import { narrowed, widestLook } from '../looks.ts';
import type { Look, MailboxCount, MailboxState, RecountResult, WatchedMailbox } from '../mailbox-source.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import type { ImapConnection, OpenedConnection } from './imap-connection.ts';
import { viewInbox } from './view-inbox.ts';

export type InboxWatcherOptions = {
  mailbox: WatchedMailbox;
  /** Waits for its turn, connects and signs in. */
  open(mailbox: WatchedMailbox, signal: AbortSignal): Promise<OpenedConnection | ConnectionFailure>;
  onCount(count: MailboxCount, cause: 'event' | 'reconnect', observedAt: number): void;
  onState(state: MailboxState, detail?: string): void;
  clock: Clock;
  random: Random;
  /** After so long in IDLE the server is asked to answer, and IDLE entered again. */
  renewIdleMs: number;
};

const backoff = {
  unreachable: { baseMs: 1000, maxMs: 60_000 },
  /** Servers lock out whoever repeats a wrong password. */
  refused: { baseMs: 30 * 60_000, maxMs: 6 * 3_600_000 },
};
/** A connection that lasted so long starts the back-off anew. */
const settledMs = 30_000;
/** A server that ends IDLE by itself is not asked again at once. */
const idleEndedPauseMs = 1000;
/** A server looks at a credential only when somebody signs in: so long, at most, a changed password goes unnoticed. */
const signInEveryMs = 86_400_000;

export class InboxWatcher implements AsyncDisposable {
  readonly #options: InboxWatcherOptions;
  #mailbox: WatchedMailbox;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  /** Ends a back-off early. */
  #retryNow = new AbortController();
  #failure: ConnectionFailure | undefined;
  /** When the change was told that no count covers yet. */
  #changedAt: number | undefined;
  #recounts: { look: Look | undefined; answer(result: RecountResult): void }[] = [];
  #wake: () => void = () => undefined;

  constructor(options: InboxWatcherOptions) {
    this.#options = options;
    this.#mailbox = options.mailbox;
    this.#ended = this.#run();
  }

  /** Takes a new password, and tries at once when the old one was refused; the next count takes the look. */
  update(mailbox: WatchedMailbox): void {
    const changed = !this.proves(mailbox);
    this.#mailbox = mailbox;
    if (!changed) return;
    this.#failure = undefined; // it was the old one's
    this.#retryNow.abort();
  }

  /** Whether it signs in with the mailbox's password as that is now. */
  proves({ password }: WatchedMailbox): boolean {
    return password?.reveal() === this.#mailbox.password?.reveal();
  }

  /** The count as of now with what the look asks for, or why there is none. */
  recount(look: Look | undefined): Promise<RecountResult> {
    if (this.#failure !== undefined)
      return Promise.resolve({ mailboxId: this.#mailbox.id, ...this.#failure });
    return new Promise(answer => {
      this.#recounts.push({ look, answer });
      this.#wake();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { open, clock, onState, random } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures += 1) {
      this.#retryNow = new AbortController();
      const opened = await open(this.#mailbox, signal).catch(
        (error: unknown): ConnectionFailure => ({ outcome: 'unreachable', detail: String(error) }),
      );
      if (signal.aborted) {
        if (opened.outcome === 'open') opened.connection[Symbol.dispose]();
        break;
      }
      let retry: ConnectionFailure['outcome'] = 'unreachable';
      if (opened.outcome === 'open') {
        const connectedAt = clock.monotonic();
        const lost = await this.#watch(opened.connection);
        if (clock.monotonic() - connectedAt > settledMs) failures = 0;
        if (!lost.counted) this.#failed(lost.failure);
      } else {
        retry = opened.outcome;
        onState(retry, opened.detail);
        this.#failed(opened);
      }
      const pause = AbortSignal.any([signal, this.#retryNow.signal]);
      await clock
        .sleep(backoffMs(random, failures, backoff[retry]), { signal: pause, background: true })
        .catch(() => undefined);
    }
    this.#fail({ outcome: 'unreachable', detail: 'the mailbox is no longer watched' });
  }

  /** Until the connection ends or nobody wants it any more. `counted`: it worked for a while. */
  async #watch(connection: ImapConnection): Promise<{ counted: boolean; failure: ConnectionFailure }> {
    using _closing = connection;
    let counted = false;
    try {
      connection.onChange = () => {
        this.#changedAt ??= this.#options.clock.now();
        this.#wake();
      };
      await connection.examineInbox();
      this.#changedAt = undefined;
      await this.#count(connection, 'reconnect');
      this.#failure = undefined;
      counted = true;
      this.#options.onState('watched');
      const { clock, random } = this.#options;
      const until = clock.monotonic() + signInEveryMs * (0.5 + random.fraction() / 2);
      while (!this.#stop.signal.aborted && clock.monotonic() < until) {
        if (this.#changedAt !== undefined) await this.#count(connection, 'event');
        else if (this.#recounts.length > 0) await this.#count(connection, 'recount');
        else await this.#idle(connection);
      }
      return { counted, failure: { outcome: 'unreachable', detail: 'the connection was given up' } };
    } catch (error) {
      const failure = connection.describe(error);
      if (!counted) this.#options.onState(failure.outcome, failure.detail);
      return { counted, failure };
    }
  }

  async #count(connection: ImapConnection, cause: 'event' | 'recount' | 'reconnect'): Promise<void> {
    const observedAt = this.#changedAt ?? this.#options.clock.now();
    this.#changedAt = undefined; // what is told while we count is counted again
    const answered = this.#recounts.splice(0);
    const { id: mailboxId, look: watched } = this.#mailbox;
    // Whoever recounts what is watched has the answer: told as an event too, it would look like a change in the middle
    // of the recount. A person who reads messages asks with another look.
    const recounted = answered.some(({ look }) => look === watched);
    const tell = cause === 'event' || (cause === 'reconnect' && !recounted);
    const widest = widestLook([...answered.map(({ look }) => look), ...(tell ? [watched] : [])]);
    try {
      const count =
        widest === undefined
          ? { unseen: await connection.countUnseen() }
          : await viewInbox(connection, widest);
      for (const { look, answer } of answered)
        answer({ mailboxId, outcome: 'counted', count: narrowed(count, look) });
      if (tell) this.#options.onCount(narrowed(count, watched), cause, observedAt);
    } catch (error) {
      this.#recounts.push(...answered);
      throw error;
    }
  }

  /** Returns when there is something to do; throws when the connection is of no more use. */
  async #idle(connection: ImapConnection): Promise<void> {
    const { clock, renewIdleMs } = this.#options;
    const woken = Promise.withResolvers<'woken'>();
    this.#wake = () => woken.resolve('woken');
    const renewal = Promise.withResolvers<'renewal'>();
    const timer = clock.after(renewIdleMs, () => renewal.resolve('renewal'), { background: true });
    const ended = connection.idle().then(() => 'ended' as const);
    ended.catch(() => undefined); // when another promise wins, the next command meets the same error
    const reason = await Promise.race([woken.promise, renewal.promise, ended]);
    timer.cancel();
    this.#wake = () => undefined;
    if (connection.closed) throw new Error('the server closed the connection');
    if (reason === 'woken') return;
    await connection.noop();
    if (reason === 'ended')
      await clock.sleep(idleEndedPauseMs, { signal: this.#stop.signal, background: true });
  }

  /** Whoever asks waits for the new password instead, when one came meanwhile: it is tried at once. */
  #failed(failure: ConnectionFailure): void {
    if (!this.#retryNow.signal.aborted) this.#fail(failure);
  }

  #fail(failure: ConnectionFailure): void {
    this.#failure = failure;
    for (const { answer } of this.#recounts.splice(0)) answer({ mailboxId: this.#mailbox.id, ...failure });
  }
}
