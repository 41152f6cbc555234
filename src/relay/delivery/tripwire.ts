// Freezes endings when too many devices of one app and organization are reported gone at once: more likely a
// provider's or an operator's mistake than that many people throwing their phones away. While it is frozen, "gone" is
// answered as deferred. It thaws an hour after the last moment at which too many were reported; those who are told
// to wait come back within it, so a lasting mistake keeps it frozen. An operator who knows that they are really gone
// lifts it: then what is reported gone is believed for an hour, in which all who wait come back.

import type { Clock } from '../../runtime/clock.ts';

const minuteMs = 60_000;
const windowMinutes = 10;
const goneAtLeast = 20;
const goneShare = 0.05;
const thawAfterMs = 60 * minuteMs;
const believedMs = 60 * minuteMs;
/** Less than the thaw: whoever waits is counted again before it. */
export const frozenRetryAfterMs = 30 * minuteMs;
const countersKept = 10_000;

type Counter = {
  /** The minute that the newest bucket stands for. */
  minute: number;
  gone: number[];
  judged: number[];
  frozenUntil: number;
  believedUntil: number;
};

export type FrozenEndings = { organizationId: string; appId: string; gone: number; judged: number };

export class Tripwire {
  readonly #clock: Clock;
  readonly #onFrozen: (frozen: FrozenEndings) => void;
  readonly #counters = new Map<string, Counter>();

  constructor({ clock, onFrozen }: { clock: Clock; onFrozen: (frozen: FrozenEndings) => void }) {
    this.#clock = clock;
    this.#onFrozen = onFrozen;
  }

  /** For each answer that says something about a device: accepted, or gone since its registration. */
  judge({ organizationId, appId, gone }: { organizationId: string; appId: string; gone: boolean }): {
    frozen: boolean;
  } {
    const counter = this.#counterOf(`${organizationId} ${appId}`);
    add(counter.judged, 1);
    if (gone) add(counter.gone, 1);
    const now = this.#clock.monotonic();
    const wasFrozen = now < counter.frozenUntil;
    if (now < counter.believedUntil) return { frozen: false };
    const totals = { gone: sum(counter.gone), judged: sum(counter.judged) };
    if (gone && totals.gone > goneAtLeast && totals.gone > totals.judged * goneShare) {
      counter.frozenUntil = now + thawAfterMs;
      if (!wasFrozen) this.#onFrozen({ organizationId, appId, ...totals });
    }
    return { frozen: now < counter.frozenUntil };
  }

  /** From now on, and for an hour, what is reported gone is gone. */
  lift({ organizationId, appId }: { organizationId: string; appId: string }): void {
    const counter = this.#counterOf(`${organizationId} ${appId}`);
    counter.frozenUntil = 0;
    counter.believedUntil = this.#clock.monotonic() + believedMs;
  }

  #counterOf(key: string): Counter {
    const minute = Math.floor(this.#clock.monotonic() / minuteMs);
    const counter = this.#counters.get(key) ?? {
      minute,
      gone: new Array<number>(windowMinutes).fill(0),
      judged: new Array<number>(windowMinutes).fill(0),
      frozenUntil: 0,
      believedUntil: 0,
    };
    for (; counter.minute < minute; counter.minute++) {
      if (minute - counter.minute > windowMinutes) counter.minute = minute - windowMinutes;
      shift(counter.gone);
      shift(counter.judged);
    }
    this.#counters.delete(key); // the most recently used stand last
    this.#counters.set(key, counter);
    if (this.#counters.size > countersKept) this.#counters.delete(this.#counters.keys().next().value ?? '');
    return counter;
  }
}

function add(buckets: number[], count: number): void {
  buckets[0] = (buckets[0] ?? 0) + count;
}

function shift(buckets: number[]): void {
  buckets.pop();
  buckets.unshift(0);
}

function sum(buckets: number[]): number {
  return buckets.reduce((total, count) => total + count, 0);
}
