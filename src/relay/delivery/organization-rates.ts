// How many notifications a second each organization may have delivered: the relay's default, or what its operator set
// for one organization. Read again when another process changed the database, and at the latest after five seconds;
// while it cannot be read, the last known rates hold.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { RelaySchema } from '../database/schema.ts';

const maximumAgeMs = 5000;

export class OrganizationRates {
  readonly #db: Kysely<RelaySchema>;
  readonly #clock: Clock;
  readonly #perSecond: number;
  #own: ReadonlyMap<string, number> = new Map();
  #readAt: number | undefined;
  #reading: Promise<void> | undefined;

  constructor({ db, clock, perSecond }: { db: Kysely<RelaySchema>; clock: Clock; perSecond: number }) {
    this.#db = db;
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** For the database's `onForeignChange`: the next use reads again. */
  invalidate(): void {
    this.#readAt = undefined;
  }

  async perSecond(organizationId: string): Promise<number> {
    const now = this.#clock.monotonic();
    if (this.#readAt === undefined || now - this.#readAt >= maximumAgeMs) {
      this.#reading ??= this.#read(now).finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#own.get(organizationId) ?? this.#perSecond;
  }

  async #read(now: number): Promise<void> {
    this.#readAt = now;
    try {
      const rows = await this.#db
        .selectFrom('organization')
        .select(['id', 'quota_per_second'])
        .where('quota_per_second', 'is not', null)
        .execute();
      this.#own = new Map(rows.map(row => [row.id, row.quota_per_second ?? this.#perSecond]));
    } catch {
      // what was known holds: a quota protects the relay, and is no reason to stop delivering
    }
  }
}
