// All requests to one HTTP/2 origin: over one connection, and at most two while one replaces the other.
// It queues above the stream limit (bounded), replaces a connection that says GOAWAY or stops answering, backs off when
// connecting fails, and resends what was certainly not processed. Invariant: nothing is written after `notAfter`,
// and what may have been processed is never written twice.

import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { backoffMs, type Random } from '../../runtime/random.ts';
import type { ConnectHttp2, Http2Request, Http2Session, StreamResult } from './http2-session.ts';

export type OriginResult =
  | Exclude<StreamResult, { kind: 'not-processed' }>
  /** Nothing is with the server. */
  | { kind: 'not-started'; reason: 'not-after-passed' | 'overloaded' }
  /** Nothing is with the server: it refused each attempt, or cannot be reached for now. */
  | { kind: 'unavailable'; reason: string; retryAfterMs?: number };

export type OriginCounts = {
  queued: number;
  inFlight: number;
  connections: number;
  /** Since the start: */
  resent: number;
  overloaded: number;
  connectionsOpened: number;
};

type Pending = {
  request: Http2Request;
  notAfter: number;
  done: (result: OriginResult) => void;
  resends: number;
  refusedFor: string | undefined;
};

type Connection = {
  session: Http2Session;
  phase: 'connecting' | 'open' | 'draining';
  /** It answered at least once: a server that accepts connections and drops them is not healthy. */
  answered: boolean;
};

const maxConnections = 2;
const reconnect = { baseMs: 100, maxMs: 30_000 };
const resendPause = { baseMs: 20, maxMs: 1000 };
const defaultQueueLimit = 4000;
/** What a server should allow at least (RFC 9113 §6.5.2). APNs does so from the first valid token on. */
const usualStreams = 100;

export class Http2Origin implements AsyncDisposable {
  readonly #name: string;
  readonly #connect: ConnectHttp2;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #queueLimit: number;
  readonly #connections = new Set<Connection>();
  readonly #queue: Pending[] = [];
  readonly #pauses = new Set<{ pending: Pending; timer: Timer }>();
  readonly #counts = { resent: 0, overloaded: 0, connectionsOpened: 0 };
  #failures = 0;
  #retryAt = 0;
  #retryTimer: Timer | undefined;
  #expiry: { timer: Timer; dueAt: number } | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(options: {
    /** For logs. */
    name: string;
    connect: ConnectHttp2;
    clock: Clock;
    random: Random;
    logger: Logger;
    queueLimit?: number;
  }) {
    this.#name = options.name;
    this.#connect = options.connect;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
    this.#queueLimit = options.queueLimit ?? defaultQueueLimit;
  }

  /** How many requests can be on their way at once, as far as is known. */
  get capacity(): number {
    return Math.max(usualStreams, this.#openConnection()?.session.streamLimit ?? 0);
  }

  get counts(): OriginCounts {
    let inFlight = 0;
    for (const { session } of this.#connections) inFlight += session.openStreams;
    const queued = this.#queue.length + this.#pauses.size;
    return { ...this.#counts, queued, inFlight, connections: this.#connections.size };
  }

  /** Never throws. Answers at `notAfter` at the latest, or one request timeout after it when it was written. */
  send(request: Http2Request, { notAfter }: { notAfter: number }): Promise<OriginResult> {
    return new Promise(done => {
      this.#admit({ request, notAfter, done, resends: 0, refusedFor: undefined });
    });
  }

  /** Lets open requests end; what was not written yet is answered at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= Promise.withResolvers();
    this.#retryTimer?.cancel();
    this.#expiry?.timer.cancel();
    for (const pause of this.#pauses) {
      pause.timer.cancel();
      this.#queue.push(pause.pending);
    }
    this.#pauses.clear();
    for (const pending of this.#queue.splice(0)) {
      pending.done({ kind: 'unavailable', reason: 'shutting-down' });
    }
    for (const connection of this.#connections) {
      if (connection.phase === 'connecting') connection.session.destroy('shutting-down');
      else connection.session.close();
    }
    if (this.#connections.size === 0) this.#closing.resolve();
    await this.#closing.promise;
  }

  #admit(pending: Pending): void {
    const refused = this.#refuse(pending);
    if (refused !== undefined) {
      pending.done(refused);
      return;
    }
    this.#queue.push(pending);
    this.#dispatch();
    if (this.#queue.length > 0) this.#armExpiry(pending.notAfter);
  }

  #refuse({ notAfter }: Pending): OriginResult | undefined {
    if (this.#closing !== undefined) return { kind: 'unavailable', reason: 'shutting-down' };
    if (this.#clock.now() > notAfter) return { kind: 'not-started', reason: 'not-after-passed' };
    if (this.#queue.length < this.#queueLimit) return undefined;
    this.#counts.overloaded += 1;
    return { kind: 'not-started', reason: 'overloaded' };
  }

  /** Writes what may be written now; whatever else changed, this is called after it. */
  #dispatch(): void {
    const now = this.#clock.now();
    while (this.#queue.length > 0) {
      const open = this.#openConnection();
      if (open === undefined) {
        this.#replaceConnection();
        return;
      }
      if (open.session.openStreams >= open.session.streamLimit) return;
      const pending = this.#queue.shift() as Pending;
      if (now > pending.notAfter) this.#expire(pending);
      else open.session.request(pending.request, result => this.#onResult(open, pending, result));
    }
  }

  #onResult(connection: Connection, pending: Pending, result: StreamResult): void {
    if (result.kind === 'not-processed') {
      this.#resend(pending, result.reason);
    } else {
      if (result.kind === 'response') {
        connection.answered = true;
        this.#failures = 0;
      }
      pending.done(result);
    }
    this.#dispatch();
  }

  /** At once and first in the queue; a server that refuses the same request again and again gets a pause. */
  #resend(pending: Pending, reason: string): void {
    pending.refusedFor = reason;
    if (this.#closing !== undefined || this.#clock.now() > pending.notAfter) {
      this.#expire(pending);
      return;
    }
    this.#counts.resent += 1;
    pending.resends += 1;
    if (pending.resends <= 2) {
      this.#requeue(pending);
      return;
    }
    const untilTooLateMs = pending.notAfter - this.#clock.now() + 1;
    const pauseMs = Math.min(untilTooLateMs, backoffMs(this.#random, pending.resends - 3, resendPause));
    const pause = {
      pending,
      timer: this.#clock.after(pauseMs, () => {
        this.#pauses.delete(pause);
        this.#requeue(pending);
        this.#dispatch();
      }),
    };
    this.#pauses.add(pause);
  }

  #requeue(pending: Pending): void {
    this.#queue.unshift(pending);
    this.#armExpiry(pending.notAfter);
  }

  #openConnection(): Connection | undefined {
    for (const connection of this.#connections) if (connection.phase === 'open') return connection;
    return undefined;
  }

  /** Connects unless a connection is on its way, two exist already, or the last failure is too recent. */
  #replaceConnection(): void {
    if (this.#closing !== undefined || this.#connections.size >= maxConnections) return;
    for (const { phase } of this.#connections) if (phase !== 'draining') return;
    const waitMs = this.#retryAt - this.#clock.monotonic();
    if (waitMs > 0) {
      this.#failThoseThatCannotWait(waitMs);
      this.#retryTimer ??= this.#clock.after(waitMs, () => {
        this.#retryTimer = undefined;
        this.#dispatch();
      });
      return;
    }
    this.#open();
  }

  #open(): void {
    this.#counts.connectionsOpened += 1;
    const connection: Connection = {
      phase: 'connecting',
      answered: false,
      session: this.#connect({
        ready: () => {
          connection.phase = 'open';
          this.#dispatch();
        },
        limitChanged: () => this.#dispatch(),
        draining: reason => {
          this.#noteLoss(connection, reason);
          connection.phase = 'draining';
          this.#replaceConnection();
          connection.session.close();
        },
        closed: reason => this.#onClosed(connection, reason),
      }),
    };
    this.#connections.add(connection);
  }

  #onClosed(connection: Connection, reason: string): void {
    this.#connections.delete(connection);
    if (this.#closing !== undefined) {
      if (this.#connections.size === 0) this.#closing.resolve();
      return;
    }
    if (connection.phase !== 'draining') this.#noteLoss(connection, reason);
    this.#dispatch();
  }

  /** Backs off where the connection was of no use. */
  #noteLoss({ answered }: Connection, reason: string): void {
    if (answered) {
      this.#logger.info({ origin: this.#name, reason }, 'provider connection ends');
      return;
    }
    const delayMs = backoffMs(this.#random, this.#failures, reconnect);
    this.#failures += 1;
    this.#retryAt = this.#clock.monotonic() + delayMs;
    this.#logger.warn({ origin: this.#name, reason, delayMs }, 'provider connection failed');
  }

  #failThoseThatCannotWait(waitMs: number): void {
    const retryAt = this.#clock.now() + waitMs;
    for (const pending of this.#takeFromQueue(({ notAfter }) => notAfter < retryAt)) {
      pending.done({ kind: 'unavailable', reason: 'unreachable', retryAfterMs: Math.ceil(waitMs) });
    }
  }

  #takeFromQueue(matches: (pending: Pending) => boolean): Pending[] {
    const all = this.#queue.splice(0);
    const taken = all.filter(matches);
    this.#queue.push(...all.filter(pending => !matches(pending)));
    return taken;
  }

  #armExpiry(notAfter: number): void {
    if (this.#expiry !== undefined && this.#expiry.dueAt <= notAfter) return;
    this.#expiry?.timer.cancel();
    const timer = this.#clock.after(Math.max(0, notAfter - this.#clock.now()) + 1, () => {
      this.#expiry = undefined;
      const now = this.#clock.now();
      for (const pending of this.#takeFromQueue(each => now > each.notAfter)) this.#expire(pending);
      if (this.#queue.length > 0) this.#armExpiry(Math.min(...this.#queue.map(each => each.notAfter)));
    });
    this.#expiry = { timer, dueAt: notAfter };
  }

  #expire({ done, refusedFor }: Pending): void {
    if (refusedFor !== undefined) done({ kind: 'unavailable', reason: refusedFor });
    else if (this.#failures > 0) done({ kind: 'unavailable', reason: 'unreachable' });
    else done({ kind: 'not-started', reason: 'not-after-passed' });
  }
}
