// Rate limits for any number of keys in memory of a fixed size: GCRA (one instant per key) in a set-associative
// table of typed arrays. A full set forgets the key that owes least, so the table may let a little too much
// through, and never refuses a key that has used nothing. A slot whose instant has passed is free.

import type { Clock } from './clock.ts';

export type Rate = {
  /** How many may come at once. */
  burst: number;
  /** One more is allowed each time this has passed. */
  intervalMs: number;
};

const slotsPerSet = 8;

export class RateTable {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #fingerprints: Uint32Array;
  /** GCRA's theoretical arrival time, on the monotonic clock; 0 and everything past mean "owes nothing". */
  readonly #owedUntil: Float64Array;
  readonly #sets: number;

  /** Takes 12 bytes a slot; `slots` is rounded up to a power of two. */
  constructor({ clock, rate, slots }: { clock: Clock; rate: Rate; slots: number }) {
    this.#clock = clock;
    this.#rate = rate;
    this.#sets = 2 ** Math.ceil(Math.log2(Math.max(1, slots / slotsPerSet)));
    this.#fingerprints = new Uint32Array(this.#sets * slotsPerSet);
    this.#owedUntil = new Float64Array(this.#sets * slotsPerSet);
  }

  get bytes(): number {
    return this.#fingerprints.byteLength + this.#owedUntil.byteLength;
  }

  /** Takes one for `key` (eight or more uniformly distributed bytes): 0, or how many ms to wait. */
  take(key: Buffer): number {
    const now = this.#clock.monotonic();
    const slot = this.#find(key, now) ?? this.#claim(key, now);
    const owed = Math.max(this.#owedUntil[slot] ?? 0, now);
    const wait = owed + this.#rate.intervalMs - (now + this.#rate.burst * this.#rate.intervalMs);
    if (wait > 0) return Math.ceil(wait);
    this.#owedUntil[slot] = owed + this.#rate.intervalMs;
    return 0;
  }

  /** Undoes one `take` that came to nothing. */
  giveBack(key: Buffer): void {
    const slot = this.#find(key, this.#clock.monotonic());
    if (slot !== undefined) this.#owedUntil[slot] = (this.#owedUntil[slot] ?? 0) - this.#rate.intervalMs;
  }

  #find(key: Buffer, now: number): number | undefined {
    const first = this.#firstSlot(key);
    const fingerprint = key.readUInt32LE(4);
    for (let slot = first; slot < first + slotsPerSet; slot++) {
      if (this.#fingerprints[slot] === fingerprint && (this.#owedUntil[slot] ?? 0) > now) return slot;
    }
    return undefined;
  }

  #claim(key: Buffer, now: number): number {
    const first = this.#firstSlot(key);
    let best = first;
    for (let slot = first + 1; slot < first + slotsPerSet; slot++) {
      if ((this.#owedUntil[slot] ?? 0) < (this.#owedUntil[best] ?? 0)) best = slot;
    }
    this.#fingerprints[best] = key.readUInt32LE(4);
    this.#owedUntil[best] = now;
    return best;
  }

  #firstSlot(key: Buffer): number {
    return (key.readUInt32LE(0) & (this.#sets - 1)) * slotsPerSet;
  }
}
