// What was read elsewhere and counts for a while: read again once it is too old, or once somebody says that it changed.
// A reading under way when the change is told does not count for whoever asks afterwards: it may have looked before.

import type { Clock } from './clock.ts';

export class FreshValue<Value> {
  readonly #read: () => Promise<Value>;
  readonly #clock: Clock;
  readonly #maximumAgeMs: number;
  #known: { value: Value; readAt: number } | undefined;
  #reading: Promise<Value> | undefined;

  constructor({
    read,
    clock,
    maximumAgeMs,
  }: { read: () => Promise<Value>; clock: Clock; maximumAgeMs: number }) {
    this.#read = read;
    this.#clock = clock;
    this.#maximumAgeMs = maximumAgeMs;
  }

  /** For the database's `onForeignChange`: the next use reads again. */
  invalidate(): void {
    this.#known = undefined;
    this.#reading = undefined;
  }

  /** However many ask at once, one reading runs. Rejects when it fails: nothing older is told in its place. */
  async current(): Promise<Value> {
    const known = this.#known;
    if (known !== undefined && this.#clock.monotonic() - known.readAt < this.#maximumAgeMs)
      return known.value;
    this.#reading ??= this.#readAgain();
    return this.#reading;
  }

  #readAgain(): Promise<Value> {
    const readAt = this.#clock.monotonic();
    const reading = this.#read()
      .then(value => {
        if (this.#reading === reading) this.#known = { value, readAt };
        return value;
      })
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    return reading;
  }
}
