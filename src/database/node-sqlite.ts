// Lets Kysely's SQLite dialect (written for better-sqlite3) run on Node's own `node:sqlite`.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { AppError } from '../runtime/errors.ts';

const cachedStatements = 500;

export function sqliteDatabase(connection: DatabaseSync): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const cached = cache.get(sql);
      if (cached !== undefined) return cached;
      // A transaction takes the write lock at once and waits for it. One that first reads and then writes would fail
      // without waiting when another process wrote in between (SQLITE_BUSY_SNAPSHOT).
      const statement = sqliteStatement(connection.prepare(sql === 'begin' ? 'begin immediate' : sql));
      if (sql.startsWith('PRAGMA')) return statement; // some act when they are prepared, not when they run
      if (cache.size >= cachedStatements) cache.delete(cache.keys().next().value ?? '');
      cache.set(sql, statement);
      return statement;
    },
    close() {
      cache.clear();
      connection.close();
    },
  };
}

function sqliteStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: parameters => explainLock(() => statement.all(...toInput(parameters))),
    run: parameters => explainLock(() => statement.run(...toInput(parameters))),
    iterate: parameters => statement.iterate(...toInput(parameters)) as IterableIterator<unknown>,
  };
}

const sqliteBusy = 5; // SQLITE_BUSY: the time to wait for the lock is over

function explainLock<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if ((cause as { errcode?: unknown }).errcode !== sqliteBusy) throw cause;
    throw new AppError('database-unavailable', 'another process keeps the database locked', {
      hint: 'no process of ours does so for long: look for one that hangs or is paused, and end it',
      cause,
    });
  }
}

function toInput(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map(
    value =>
      (typeof value === 'boolean' ? Number(value) : value === undefined ? null : value) as SQLInputValue,
  );
}
