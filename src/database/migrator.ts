// Numbered migrations, imported by name, never edited once released. A database with a migration that this
// program does not know is refused: old code on a newer schema would lose what it does not see.

import { type Kysely, sql } from 'kysely';
import { AppError } from '../runtime/errors.ts';

export type Migration = {
  /** "001-init": the number orders, the name explains. */
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a migration runs on the schema of its time, which has no type today
  up(db: Kysely<any>): Promise<void>;
};

export async function migrate<Schema>(db: Kysely<Schema>, migrations: readonly Migration[]): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY NOT NULL)`.execute(db);
  const rows = await sql<{ name: string }>`SELECT name FROM schema_migration`.execute(db);
  const applied = new Set(rows.rows.map(row => row.name));
  const known = new Set(migrations.map(migration => migration.name));
  const newer = [...applied].filter(name => !known.has(name)).sort();
  if (newer.length > 0) {
    throw new AppError(
      'database-newer-schema',
      `the database has migrations that this version does not know: ${newer.join(', ')}`,
      {
        hint: 'a newer version has used it: install that version again, or restore the backup from before the upgrade',
      },
    );
  }
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    await db.transaction().execute(async transaction => {
      // The row goes in first: a second process that migrates at the same moment fails here and changes nothing.
      await sql`INSERT INTO schema_migration (name) VALUES (${migration.name})`.execute(transaction);
      await migration.up(transaction);
    });
  }
}
