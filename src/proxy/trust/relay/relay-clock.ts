// The relay's clock as this proxy knows it. Each answer that names the relay's time gives a lower bound: the relay
// wrote it before the answer arrived. The estimate is the best bound of the last minutes, so it is never ahead of
// the relay's clock, and `notAfter` made from it is never too far (ARCHITECTURE.md). It runs on the monotonic clock:
// setting this machine's clock does not move it.

import type { Clock } from '../../../runtime/clock.ts';

/** More than this between the relay's clock and this machine's, and certificates and assertions fail. */
const allowedSkewMs = 5 * 60_000;
/** Two clocks drift apart by less than 200 ms in this time (300 ppm). */
const measurementLifetimeMs = 10 * 60_000;

/** `offset`: the relay's time minus this process's monotonic time, a lower bound. */
type Measurement = { offset: number; at: number };

export class RelayClock {
  readonly #clock: Clock;
  #best: Measurement | undefined;
  #skewMs: number | undefined;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /** Milliseconds since the epoch by the relay's clock, never ahead of it; undefined until it was measured. */
  now(): number | undefined {
    return this.#best === undefined ? undefined : Math.floor(this.#clock.monotonic() + this.#best.offset);
  }

  /** How far this machine's clock is ahead of the relay's, when that is more than networks explain. */
  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  /** Takes the time that an answer names, at the moment of its arrival. */
  observe(relayTime: number): void {
    const at = this.#clock.monotonic();
    const measured = { offset: relayTime - at, at };
    this.#skewMs = this.#clock.now() - relayTime;
    const best = this.#best;
    if (best === undefined || measured.offset >= best.offset || at - best.at > measurementLifetimeMs) {
      this.#best = measured;
    }
  }

  /** The relay called a `notAfter` made from this estimate too far ahead: its clock was set back. */
  forget(): void {
    this.#best = undefined;
  }

  /** Whether the two clocks differ by more than signatures and certificates bear. */
  get skewed(): boolean {
    return this.#skewMs !== undefined && Math.abs(this.#skewMs) > allowedSkewMs;
  }
}
