// The devices that the operator refuses, by target id. Read again when another process changed the database, and
// at the latest after five seconds; when it cannot be read, nothing is delivered.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { FreshValue } from '../../runtime/fresh-value.ts';
import type { RelaySchema } from '../database/schema.ts';

const maximumAgeMs = 5000;

export type DeniedTargets = FreshValue<ReadonlySet<string>>;

export function deniedTargets({ db, clock }: { db: Kysely<RelaySchema>; clock: Clock }): DeniedTargets {
  const read = async (): Promise<ReadonlySet<string>> => {
    try {
      const rows = await db.selectFrom('denied_target').select('target_id').execute();
      return new Set(rows.map(row => row.target_id));
    } catch (cause) {
      throw new AppError('database-unavailable', 'the list of denied devices cannot be read', { cause });
    }
  };
  return new FreshValue({ read, clock, maximumAgeMs });
}
