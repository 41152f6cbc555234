// How much may be asked of the relay now. While it answers: full batches, several at once. When it does not, nothing
// but small probes, one at a time, further and further apart up to five seconds, or when the relay said.

import { backoffMs, type Random } from '../../runtime/random.ts';

const full = { items: 1000, batches: 8 } as const;
const probeItems = 10;
const backoff = { baseMs: 250, maxMs: 5000 } as const;
const longestDelayMs = 60 * 60_000;

export class RelayPace {
  readonly #random: Random;
  #failures = 0;
  #notBefore = 0;
  #open = 0;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  /** How many notifications the next batch may hold; 0: none now. */
  itemsNow(now: number): number {
    if (this.#failures === 0) return this.#open < full.batches ? full.items : 0;
    return this.#open === 0 && now >= this.#notBefore ? probeItems : 0;
  }

  /** When a probe may go, while the relay does not answer. */
  get probeAt(): number | undefined {
    return this.#failures === 0 ? undefined : this.#notBefore;
  }

  get open(): number {
    return this.#open;
  }

  /** A batch goes out. Answers what to call with its end; batches opened before a failure do not fail twice. */
  opened(): { succeeded(): boolean; failed(now: number, retryAfterMs: number | undefined): number } {
    const failuresThen = this.#failures;
    this.#open += 1;
    return {
      /** True when the relay is back. */
      succeeded: () => {
        this.#open -= 1;
        const back = this.#failures > 0;
        this.#failures = 0;
        return back;
      },
      /** The delay until the next probe. */
      failed: (now, retryAfterMs) => {
        this.#open -= 1;
        if (this.#failures <= failuresThen) {
          this.#notBefore = now + backoffMs(this.#random, this.#failures, backoff);
          this.#failures += 1;
        }
        if (retryAfterMs !== undefined) {
          this.#notBefore = Math.max(this.#notBefore, now + Math.min(retryAfterMs, longestDelayMs));
        }
        return Math.max(0, this.#notBefore - now);
      },
    };
  }
}
