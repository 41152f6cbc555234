// How many notifications a second each organization may have delivered: the relay's default, or what its operator set
// for one organization. Read again when another process changed the database, and at the latest after five seconds;
// while it cannot be read, the last known rates hold.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { FreshValue } from '../../runtime/fresh-value.ts';
import type { RelaySchema } from '../database/schema.ts';

const maximumAgeMs = 5000;

export class OrganizationRates {
  readonly #db: Kysely<RelaySchema>;
  readonly #perSecond: number;
  readonly #own: FreshValue<ReadonlyMap<string, number>>;
  #lastKnown: ReadonlyMap<string, number> = new Map();

  constructor({ db, clock, perSecond }: { db: Kysely<RelaySchema>; clock: Clock; perSecond: number }) {
    this.#db = db;
    this.#perSecond = perSecond;
    this.#own = new FreshValue({ read: () => this.#read(), clock, maximumAgeMs });
  }

  /** For the database's `onForeignChange`: the next use reads again. */
  invalidate(): void {
    this.#own.invalidate();
  }

  async perSecond(organizationId: string): Promise<number> {
    return (await this.#own.current()).get(organizationId) ?? this.#perSecond;
  }

  async #read(): Promise<ReadonlyMap<string, number>> {
    try {
      const rows = await this.#db
        .selectFrom('organization')
        .select(['id', 'quota_per_second'])
        .where('quota_per_second', 'is not', null)
        .execute();
      this.#lastKnown = new Map(rows.map(row => [row.id, row.quota_per_second ?? this.#perSecond]));
    } catch {
      // what was known holds: a quota protects the relay, and is no reason to stop delivering
    }
    return this.#lastKnown;
  }
}
