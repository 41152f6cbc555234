// The devices that the operator refuses, by target id. Read again when another process changed the database, and
// at the latest after five seconds; when it cannot be read, nothing is delivered.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RelaySchema } from '../database/schema.ts';

const maximumAgeMs = 5000;

export class DeniedTargets {
  readonly #db: Kysely<RelaySchema>;
  readonly #clock: Clock;
  #ids: ReadonlySet<string> = new Set();
  #readAt: number | undefined;
  #reading: Promise<ReadonlySet<string>> | undefined;

  constructor({ db, clock }: { db: Kysely<RelaySchema>; clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** For the database's `onForeignChange`: the next use reads again. */
  invalidate(): void {
    this.#readAt = undefined;
  }

  async current(): Promise<ReadonlySet<string>> {
    const age =
      this.#readAt === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonic() - this.#readAt;
    if (age < maximumAgeMs) return this.#ids;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<ReadonlySet<string>> {
    const readAt = this.#clock.monotonic();
    try {
      const rows = await this.#db.selectFrom('denied_target').select('target_id').execute();
      this.#ids = new Set(rows.map(row => row.target_id));
    } catch (cause) {
      throw new AppError('database-unavailable', 'the list of denied devices cannot be read', { cause });
    }
    this.#readAt = readAt;
    return this.#ids;
  }
}
