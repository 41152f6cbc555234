// How many requests may be under way to one origin, and how many may wait for it. A slow or broken host fills its
// own line and nobody else's; what does not fit is turned away at once instead of growing a queue.

import type { Clock } from '../clock.ts';

export type Entry = { entered: true; leave: () => void } | { entered: false; reason: 'full' | 'timed-out' };

type Line = { inside: number; waiting: Set<() => void> };

export class OriginGate {
  readonly #clock: Clock;
  readonly #inside: number;
  readonly #waiting: number;
  readonly #lines = new Map<string, Line>();

  constructor({ clock, inside, waiting }: { clock: Clock; inside: number; waiting: number }) {
    this.#clock = clock;
    this.#inside = inside;
    this.#waiting = waiting;
  }

  /** Origins with a request inside; each is forgotten when its last one leaves. */
  get size(): number {
    return this.#lines.size;
  }

  /** Waits for a free place, first come first served. Whoever entered must leave, once. */
  async enter(origin: string, { withinMs }: { withinMs: number }): Promise<Entry> {
    const line = this.#lines.get(origin) ?? { inside: 0, waiting: new Set() };
    this.#lines.set(origin, line);
    const pass: Entry = { entered: true, leave: () => this.#leave(origin, line) };
    if (line.inside < this.#inside) {
      line.inside += 1;
      return pass;
    }
    if (line.waiting.size >= this.#waiting) return { entered: false, reason: 'full' };
    return new Promise(resolve => {
      const timer = this.#clock.after(withinMs, () => {
        line.waiting.delete(proceed);
        resolve({ entered: false, reason: 'timed-out' });
      });
      const proceed = (): void => {
        timer.cancel();
        resolve(pass);
      };
      line.waiting.add(proceed);
    });
  }

  #leave(origin: string, line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined) {
      line.waiting.delete(next); // the place passes on: `inside` stays
      next();
      return;
    }
    line.inside -= 1;
    if (line.inside === 0) this.#lines.delete(origin);
  }
}
