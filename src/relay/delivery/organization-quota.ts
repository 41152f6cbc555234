// How many notifications a second one organization may have delivered. Asked per slice, not per item, and by
// promise, so that several relay nodes can share it in Redis. Here it is in memory: one number per organization.

import type { Clock } from '../../runtime/clock.ts';

export type OrganizationQuota = {
  /** How many of `count` may go now; the rest should wait for `retryAfterMs`. */
  take(organizationId: string, count: number): Promise<{ granted: number; retryAfterMs: number }>;
  /** For what was granted and then not started. */
  giveBack(organizationId: string, count: number): void;
};

type Used = {
  /** GCRA: up to when the organization has used its rate. */
  until: number;
  perSecond: number;
};

/** Allows what a second earns at once. */
export class MemoryOrganizationQuota implements OrganizationQuota {
  readonly #clock: Clock;
  readonly #perSecond: (organizationId: string) => Promise<number>;
  /** Those whose `until` has passed are forgotten. */
  readonly #used = new Map<string, Used>();

  constructor({
    clock,
    perSecond,
  }: { clock: Clock; perSecond: (organizationId: string) => Promise<number> }) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  async take(organizationId: string, count: number): Promise<{ granted: number; retryAfterMs: number }> {
    const perSecond = await this.#perSecond(organizationId);
    const now = this.#clock.monotonic();
    const intervalMs = 1000 / perSecond;
    const until = Math.max(this.#used.get(organizationId)?.until ?? 0, now);
    // The small addend keeps a sum of fractions from costing a whole notification.
    const free = Math.floor((now + 1000 - until) / intervalMs + 1e-6);
    const granted = Math.min(count, Math.max(0, free));
    if (granted > 0) this.#used.set(organizationId, { until: until + granted * intervalMs, perSecond });
    if (this.#used.size > 1000) this.#forget(now);
    const missing = count - granted;
    return { granted, retryAfterMs: missing === 0 ? 0 : Math.ceil(missing * intervalMs) };
  }

  giveBack(organizationId: string, count: number): void {
    const used = this.#used.get(organizationId);
    if (used !== undefined) used.until -= (count * 1000) / used.perSecond;
  }

  #forget(now: number): void {
    for (const [organizationId, { until }] of this.#used) {
      if (until <= now) this.#used.delete(organizationId);
    }
  }
}
