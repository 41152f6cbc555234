// Lifts of the tripwire, as an operator's command writes them and the running relay takes them up. Those from before
// the relay started have nothing to lift: its counters begin at nought.

import type { Kysely } from 'kysely';
import type { RelaySchema } from '../database/schema.ts';

type Lift = { organizationId: string; appId: string };

export class TripwireLifts {
  readonly #db: Kysely<RelaySchema>;
  readonly #lift: (lift: Lift) => void;
  #seen: number;

  private constructor({
    db,
    lift,
    seen,
  }: { db: Kysely<RelaySchema>; lift: (lift: Lift) => void; seen: number }) {
    this.#db = db;
    this.#lift = lift;
    this.#seen = seen;
  }

  static async open({
    db,
    lift,
  }: {
    db: Kysely<RelaySchema>;
    lift: (lift: Lift) => void;
  }): Promise<TripwireLifts> {
    const newest = await db
      .selectFrom('tripwire_lift')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst();
    return new TripwireLifts({ db, lift, seen: newest?.id ?? 0 });
  }

  /** Takes up what was written since. */
  async follow(): Promise<void> {
    const rows = await this.#db
      .selectFrom('tripwire_lift')
      .select(['id', 'organization_id', 'app_id'])
      .where('id', '>', this.#seen)
      .orderBy('id')
      .execute();
    for (const { id, organization_id: organizationId, app_id: appId } of rows) {
      this.#seen = Math.max(this.#seen, id);
      this.#lift({ organizationId, appId });
    }
  }
}
