// Opens a service's database: SQLite in one file (WAL, every commit on disk), through Kysely. Knows no table.
// `onForeignChange` tells when another process wrote: commands work on the running service's file.

import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import type { AppError } from '../runtime/errors.ts';
import { type Logger, silentLogger } from '../runtime/logger.ts';
import { databaseFailure } from './database-failure.ts';
import { FileWatch } from './file-watch.ts';
import { sqliteDatabase } from './node-sqlite.ts';

export type DatabaseConfig = { path: string };

export type OpenDatabase<Schema> = AsyncDisposable & {
  db: Kysely<Schema>;
  /** Calls back within a quarter of a second of any other connection's commit, until disposed. */
  onForeignChange(callback: () => void): Disposable;
  /** Why others' commits are not seen now, in words; undefined while they are. For whoever tells of the service's health. */
  readonly failure: AppError | undefined;
};

export function openDatabase<Schema>(
  { path }: DatabaseConfig,
  { clock, logger = silentLogger }: { clock: Clock; logger?: Logger },
): OpenDatabase<Schema> {
  let connection: DatabaseSync;
  let watch: FileWatch;
  try {
    keepToOwner(path);
    connection = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
    watch = new FileWatch(connection, path, { clock, logger });
  } catch (cause) {
    throw databaseFailure(cause, path);
  }
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: sqliteDatabase(connection, path) }),
  });
  return {
    db,
    onForeignChange: callback => watch.listen(callback),
    get failure() {
      return watch.failure;
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await db.destroy();
    },
  };
}

/**
 * Makes the file for its owner alone, and takes other people's rights from one that is there: names of mailboxes, hashes
 * of sessions and sealed secrets are nobody else's business. SQLite gives its side files the rights of the database.
 */
function keepToOwner(path: string): void {
  if (path === ':memory:') return;
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}
