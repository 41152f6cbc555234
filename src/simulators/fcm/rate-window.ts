// So many in each minute from the first one on; "refilled in the following minute".

import type { Clock } from '../../runtime/clock.ts';

const windowMs = 60_000;

export class RateWindow {
  readonly #clock: Clock;
  readonly #perMinute: number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes one and answers 0, or answers how many seconds to wait. */
  take(): number {
    const now = this.#clock.now();
    if (now >= this.#startedAt + windowMs) {
      this.#startedAt = now;
      this.#taken = 0;
    }
    if (this.#taken >= this.#perMinute) return Math.ceil((this.#startedAt + windowMs - now) / 1000);
    this.#taken += 1;
    return 0;
  }
}
