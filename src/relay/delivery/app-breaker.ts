// Stops an app whose configuration at this relay is wrong (key, topic, credentials) from failing for every device:
// the first such answer opens the breaker with one loud alarm; then one canary a minute goes out, and everybody else
// waits. It closes when a canary is accepted. A configuration error never ends a subscription.
// One breaker per route: app, provider, and its environment (for Web Push: the push service).

import type { Clock } from '../../runtime/clock.ts';

export type BreakerAlarm = { opened(reason: string): void; closed(): void };

/** What one notification may do now. A canary's answer decides whether the breaker closes. */
export type Permit =
  | { kind: 'go'; canary: boolean }
  | { kind: 'wait'; reason: 'app-misconfigured' | 'provider-throttled'; retryAfterMs: number };

const canaryEveryMs = 60_000;
const acceptCountsForMs = 3_600_000;
/** So many different devices unknown in a row, without an accept within the hour, are a wrong configuration. */
const unknownDevicesToOpen = 5;
const longestPauseMs = 600_000;

export class AppBreaker {
  readonly #clock: Clock;
  readonly #alarm: BreakerAlarm;
  #nextCanaryAt: number | undefined;
  #pausedUntil = 0;
  #acceptedAt = Number.NEGATIVE_INFINITY;
  readonly #unknownDevices = new Set<string>();

  constructor({ clock, alarm }: { clock: Clock; alarm: BreakerAlarm }) {
    this.#clock = clock;
    this.#alarm = alarm;
  }

  get open(): boolean {
    return this.#nextCanaryAt !== undefined;
  }

  /** The route worked for somebody within the hour, so an unknown target is the target's own fault. */
  get provenToWork(): boolean {
    return !this.open && this.#clock.monotonic() - this.#acceptedAt < acceptCountsForMs;
  }

  /** Holds nothing that it must forget: no alarm stands and no pause runs. */
  get idle(): boolean {
    return !this.open && this.#pausedUntil <= this.#clock.monotonic();
  }

  permit(): Permit {
    const now = this.#clock.monotonic();
    if (now < this.#pausedUntil) {
      return { kind: 'wait', reason: 'provider-throttled', retryAfterMs: Math.ceil(this.#pausedUntil - now) };
    }
    if (this.#nextCanaryAt === undefined) return { kind: 'go', canary: false };
    if (now < this.#nextCanaryAt) {
      return { kind: 'wait', reason: 'app-misconfigured', retryAfterMs: this.retryAfterMs };
    }
    this.#nextCanaryAt = now + canaryEveryMs;
    return { kind: 'go', canary: true };
  }

  /** When it is worth asking again. */
  get retryAfterMs(): number {
    const untilCanary = (this.#nextCanaryAt ?? 0) - this.#clock.monotonic();
    return untilCanary > 0 ? Math.ceil(untilCanary) : canaryEveryMs;
  }

  /** An answer to what left before the breaker opened proves nothing about now: only a canary's closes it. */
  accepted({ canary }: { canary: boolean }): void {
    if (this.open && !canary) return;
    this.#acceptedAt = this.#clock.monotonic();
    this.#unknownDevices.clear();
    if (!this.open) return;
    this.#nextCanaryAt = undefined;
    this.#alarm.closed();
  }

  misconfigured(reason: string): void {
    if (this.open) return;
    this.#nextCanaryAt = this.#clock.monotonic() + canaryEveryMs;
    this.#unknownDevices.clear();
    this.#alarm.opened(reason);
  }

  /** Counts only while nothing proves that the route works. */
  unknownTarget(targetId: string, reason: string): void {
    if (this.open || this.provenToWork) return;
    this.#unknownDevices.add(targetId);
    if (this.#unknownDevices.size >= unknownDevicesToOpen) this.misconfigured(reason);
  }

  /** The service asked this app to slow down: nothing is started until then. */
  throttled(retryAfterMs: number): void {
    const until = this.#clock.monotonic() + Math.min(retryAfterMs, longestPauseMs);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }
}
