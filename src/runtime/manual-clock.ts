// A clock that stands still until it is told to advance: for tests and for the simulators,
// whose provider tokens and stored notifications age by hours.

import { type Clock, sleepWith, type Timer } from './clock.ts';
import { socketsQuiet } from './sockets-quiet.ts';

/** A count is stored, published and answered, each of them when the sockets are quiet; and some room. */
const settlings = 5;

type Entry = { dueAt: number; order: number; callback: () => void };

export class ManualClock implements Clock {
  #now: number;
  #started: number;
  #order = 0;
  #entries = new Set<Entry>();

  constructor(startAt: number = Date.UTC(2026, 0, 1)) {
    this.#now = startAt;
    this.#started = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#started;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { dueAt: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }

  sleep(delayMs: number, options: { signal?: AbortSignal; background?: boolean } = {}): Promise<void> {
    return sleepWith(this, delayMs, options);
  }

  /** How many timers wait; zero after a clean shutdown. */
  get pendingTimers(): number {
    return this.#entries.size;
  }

  /** Moves time forward, firing timers in their order and letting promises settle between them. */
  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    await settle();
    for (;;) {
      const next = this.#nextDue(until);
      if (next === undefined) break;
      this.#entries.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.callback();
      await settle();
    }
    this.#now = until;
    await settle();
  }

  /** The process is stopped: time goes on, and no timer fires before the next `advance`, late. */
  standStill(forMs: number): void {
    this.#now += forMs;
  }

  #nextDue(until: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.dueAt > until) continue;
      if (
        next === undefined ||
        entry.dueAt < next.dueAt ||
        (entry.dueAt === next.dueAt && entry.order < next.order)
      ) {
        next = entry;
      }
    }
    return next;
  }
}

/** Lets everything that waits only for promises, and for the sockets to be quiet, run. */
async function settle(): Promise<void> {
  for (let count = 0; count < settlings; count += 1) await socketsQuiet();
}
