// Watches one connection by the clock alone: when it must be asked whether it lives, when it is dead, and which requests
// have waited too long. One timer watches everything: it may fire early (then it is armed anew). Where it fires late,
// this process stood still, and what came meanwhile is heard before anything is judged.

import type { Clock, Timer } from '../../runtime/clock.ts';

export type Http2Timeouts = {
  /** From the first packet to the server's SETTINGS. */
  connectMs: number;
  /** For one request. A publisher counts on nothing happening later than 10 s after `notAfter`. */
  requestMs: number;
  /** PING when nothing was heard for so long: while requests wait, and while idle. */
  quietMs: number;
  idleMs: number;
  pingMs: number;
};

export const defaultHttp2Timeouts: Http2Timeouts = {
  connectMs: 5000,
  requestMs: 5000,
  quietMs: 1000,
  idleMs: 30_000,
  pingMs: 2000,
};

/** A busy process is less late than this. */
const stoodStillMs = 500;
/** Enough to read what waits in the kernel: the answer to what would else be called unknown. */
const hearingMs = 50;

/** What is watched. All instants are of the monotonic clock. */
type WatchedConnection = {
  /** When the oldest request that has no answer was started. */
  oldestStart(): number | undefined;
  /** Whatever was started then or before has waited too long. */
  endStartedUntil(instant: number): void;
  /** The answer to it is `ponged()`. */
  ping(): void;
  /** Nothing will be heard any more. */
  died(reason: 'connect-timeout' | 'ping-timeout' | 'silent'): void;
};

export class ConnectionWatch {
  readonly #clock: Clock;
  readonly #timeouts: Http2Timeouts;
  readonly #watched: WatchedConnection;
  readonly #startedAt: number;
  #heardAt: number;
  #ready = false;
  #pingSentAt: number | undefined;
  #armed: { timer: Timer; dueAt: number } | undefined;
  #stopped = false;

  constructor({
    clock,
    timeouts,
    watched,
  }: { clock: Clock; timeouts: Http2Timeouts; watched: WatchedConnection }) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#watched = watched;
    this.#startedAt = this.#heardAt = clock.monotonic();
  }

  /** To be called once everything can be watched, and whenever a first request is started. */
  arm(): void {
    const dueAt = this.#dueAt();
    if (this.#stopped || (this.#armed !== undefined && this.#armed.dueAt <= dueAt)) return;
    this.#armed?.timer.cancel();
    const delayMs = Math.max(1, Math.ceil(dueAt - this.#clock.monotonic()));
    this.#wake(delayMs, dueAt, () => {
      const late = this.#clock.monotonic() - dueAt > stoodStillMs;
      if (late) this.#wake(hearingMs, dueAt, () => this.#look());
      else this.#look();
    });
  }

  #wake(delayMs: number, dueAt: number, callback: () => void): void {
    this.#armed = { timer: this.#clock.after(delayMs, callback, { background: true }), dueAt };
  }

  /** Something came from the server. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** The server's SETTINGS came: requests may be made. */
  ready(): void {
    this.#ready = true;
    this.arm();
  }

  ponged(): void {
    this.#pingSentAt = undefined;
    this.heard();
    this.arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#armed?.timer.cancel();
  }

  #look(): void {
    this.#armed = undefined;
    const now = this.#clock.monotonic();
    const death = this.#causeOfDeath(now);
    if (death !== undefined) {
      this.#watched.died(death);
      return;
    }
    this.#watched.endStartedUntil(now - this.#timeouts.requestMs);
    if (this.#ready && this.#pingSentAt === undefined && now >= this.#dueAt()) {
      this.#pingSentAt = now;
      this.#watched.ping();
    }
    this.arm();
  }

  #causeOfDeath(now: number): 'connect-timeout' | 'ping-timeout' | 'silent' | undefined {
    const { connectMs, pingMs, requestMs } = this.#timeouts;
    if (!this.#ready) return now >= this.#startedAt + connectMs ? 'connect-timeout' : undefined;
    if (this.#pingSentAt !== undefined && now >= this.#pingSentAt + pingMs) return 'ping-timeout';
    const oldest = this.#watched.oldestStart();
    const overdue = oldest !== undefined && now >= oldest + requestMs;
    // nothing came since it was written: it may still wait in the kernel, and must not leave later
    return overdue && this.#heardAt < oldest ? 'silent' : undefined;
  }

  #dueAt(): number {
    const { connectMs, requestMs, quietMs, idleMs, pingMs } = this.#timeouts;
    if (!this.#ready) return this.#startedAt + connectMs;
    const oldest = this.#watched.oldestStart();
    const requestDueAt = oldest === undefined ? Number.POSITIVE_INFINITY : oldest + requestMs;
    if (this.#pingSentAt !== undefined) return Math.min(requestDueAt, this.#pingSentAt + pingMs);
    const pingDueAt =
      oldest === undefined ? this.#heardAt + idleMs : Math.max(this.#heardAt, oldest) + quietMs;
    return Math.min(requestDueAt, pingDueAt);
  }
}
