// What may be used once: assertions, proofs, tickets. The table's primary key decides which of many simultaneous
// uses was the first, so it must be asked only after the signature was verified: else anybody could fill it.

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { RelaySchema } from '../database/schema.ts';

export type IdentifierPurpose = 'assertion' | 'proof' | 'ticket' | 'challenge';

/** True for the first use, false for every other. `expiresAt`: from then on nothing else would accept it anyway. */
export async function useOnce(
  db: Kysely<RelaySchema>,
  { purpose, id, expiresAt }: { purpose: IdentifierPurpose; id: string; expiresAt: number },
): Promise<boolean> {
  const result = await db
    .insertInto('used_identifier')
    // The hash bounds what a caller can make us store.
    .values({ purpose, id: createHash('sha256').update(id).digest('base64url'), expires_at: expiresAt })
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Forgets what has expired; returns how many. */
export async function purgeUsedIdentifiers(db: Kysely<RelaySchema>, now: number): Promise<number> {
  const result = await db.deleteFrom('used_identifier').where('expires_at', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}
