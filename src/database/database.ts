// Opens a service's database: SQLite in one file (WAL, every commit on disk), through Kysely. Knows no table.
// `changes()` tells when another process wrote: the CLI works on the running service's file.

import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import { databaseFailure } from './database-failure.ts';
import { sqliteDatabase } from './node-sqlite.ts';

export type DatabaseConfig = { path: string };

export type OpenDatabase<Schema> = AsyncDisposable & {
  db: Kysely<Schema>;
  /** Calls back within a quarter of a second of any other connection's commit, until disposed. */
  onForeignChange(callback: () => void): Disposable;
};

const foreignChangePollMs = 250;

export function openDatabase<Schema>(
  { path }: DatabaseConfig,
  { clock }: { clock: Clock },
): OpenDatabase<Schema> {
  let connection: DatabaseSync;
  try {
    keepToOwner(path);
    connection = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
  } catch (cause) {
    throw databaseFailure(cause, path);
  }
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: sqliteDatabase(connection, path) }),
  });
  const dataVersion = connection.prepare('PRAGMA data_version');
  const watchers = new Set<() => void>();
  let closed = false;

  const readVersion = (): number => Number(dataVersion.get()?.['data_version'] ?? 0);
  let seen = readVersion();
  let poll = clock.after(foreignChangePollMs, check, { background: true });
  function check(): void {
    if (closed) return;
    const version = readVersion(); // changes only for commits of other connections
    if (version !== seen) {
      seen = version;
      for (const watcher of watchers) watcher();
    }
    poll = clock.after(foreignChangePollMs, check, { background: true });
  }

  return {
    db,
    onForeignChange(callback) {
      watchers.add(callback);
      return { [Symbol.dispose]: () => void watchers.delete(callback) };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      poll.cancel();
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
