// A transaction that does not wait for the disk. A killed process loses nothing by it. A power cut may undo it whole,
// the newest ones first, and never one that a durable transaction (any other) came after: that one takes to the disk
// everything before it. For what is counted again, answered again or found again at the next start.

import { type Kysely, sql, type Transaction } from 'kysely';

export async function softTransaction<Schema, T>(
  db: Kysely<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  // The connection is held, so no other transaction meets the setting.
  return db.connection().execute(async connection => {
    await sql`PRAGMA synchronous = NORMAL`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`PRAGMA synchronous = FULL`.execute(connection);
    }
  });
}
