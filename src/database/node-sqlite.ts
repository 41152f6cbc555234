// Lets Kysely's SQLite dialect (written for better-sqlite3) run on Node's own `node:sqlite`.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { databaseFailure } from './database-failure.ts';

const cachedStatements = 500;

export function sqliteDatabase(connection: DatabaseSync, path: string): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const cached = cache.get(sql);
      if (cached !== undefined) return cached;
      // A transaction takes the write lock at once and waits for it. One that first reads and then writes would fail
      // without waiting when another process wrote in between (SQLITE_BUSY_SNAPSHOT).
      const text = sql === 'begin' ? 'begin immediate' : sql;
      const statement = explained(path, () => sqliteStatement(connection.prepare(text), path));
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

function sqliteStatement(statement: StatementSync, path: string): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: parameters => explained(path, () => statement.all(...toInput(parameters))),
    run: parameters => explained(path, () => statement.run(...toInput(parameters))),
    iterate: parameters => statement.iterate(...toInput(parameters)) as IterableIterator<unknown>,
  };
}

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw databaseFailure(cause, path);
  }
}

function toInput(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map(
    value =>
      (typeof value === 'boolean' ? Number(value) : value === undefined ? null : value) as SQLInputValue,
  );
}
