// How many notifications a second one organization may have delivered. Asked per slice, not per item, and by
// promise, so that several relay nodes can share it in Redis. Here it is in memory: one number per organization.

import type { Clock } from '../../runtime/clock.ts';

export type OrganizationQuota = {
  /** How many of `count` may go now; the rest should wait for `retryAfterMs`. */
  take(organizationId: string, count: number): Promise<{ granted: number; retryAfterMs: number }>;
  /** For what was granted and then not started. */
  giveBack(organizationId: string, count: number): void;
};

/** Allows what a second earns at once. */
export class MemoryOrganizationQuota implements OrganizationQuota {
  readonly #clock: Clock;
  readonly #perSecond: number;
  /** GCRA: up to when an organization has used its rate. Those in the past are forgotten. */
  readonly #usedUntil = new Map<string, number>();

  constructor({ clock, perSecond }: { clock: Clock; perSecond: number }) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  async take(organizationId: string, count: number): Promise<{ granted: number; retryAfterMs: number }> {
    const now = this.#clock.monotonic();
    const intervalMs = 1000 / this.#perSecond;
    const usedUntil = Math.max(this.#usedUntil.get(organizationId) ?? 0, now);
    // The small addend keeps a sum of fractions from costing a whole notification.
    const free = Math.floor((now + 1000 - usedUntil) / intervalMs + 1e-6);
    const granted = Math.min(count, Math.max(0, free));
    if (granted > 0) this.#usedUntil.set(organizationId, usedUntil + granted * intervalMs);
    if (this.#usedUntil.size > 1000) this.#forget(now);
    const missing = count - granted;
    return { granted, retryAfterMs: missing === 0 ? 0 : Math.ceil(missing * intervalMs) };
  }

  giveBack(organizationId: string, count: number): void {
    const usedUntil = this.#usedUntil.get(organizationId);
    if (usedUntil !== undefined)
      this.#usedUntil.set(organizationId, usedUntil - (count * 1000) / this.#perSecond);
  }

  #forget(now: number): void {
    for (const [organizationId, usedUntil] of this.#usedUntil) {
      if (usedUntil <= now) this.#usedUntil.delete(organizationId);
    }
  }
}
