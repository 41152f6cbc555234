// One real SQLite database that several modelled processes share. Each process has its own Kysely, whose driver can
// stop it at any statement: a crash leaves the running transaction rolled back and everything that the process still
// awaits unanswered for ever, which is what `kill -9` leaves; a stall (SIGSTOP) holds it at its next transaction.

import { DatabaseSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { sqliteDatabase } from '../../../src/database/node-sqlite.ts';
import type { ProxySchema } from '../../../src/proxy/database/schema.ts';

const never = new Promise<never>(() => undefined);

/** What can befall a process from outside. */
export class Fate {
  dead = false;
  /** Counts down with each statement and each send; the process dies at 0. */
  diesIn = Number.POSITIVE_INFINITY;
  onDeath: () => void = () => undefined;
  #stalled: { promise: Promise<void>; resolve: () => void } | undefined;

  get stalled(): boolean {
    return this.#stalled !== undefined;
  }

  die(): void {
    if (this.dead) return;
    this.dead = true;
    this.onDeath();
  }

  stall(): void {
    this.#stalled ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#stalled?.resolve();
    this.#stalled = undefined;
  }

  /** Passes while the process runs. */
  async gate(): Promise<void> {
    while (this.#stalled !== undefined) await this.#stalled.promise;
    if (this.dead) await never;
  }

  /** One thing done: here the process may die. */
  async step(): Promise<void> {
    this.diesIn -= 1;
    if (this.diesIn <= 0) this.die();
    if (this.dead) await never;
  }
}

export class SharedDatabase {
  readonly #connection = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
  readonly #sqlite = sqliteDatabase(this.#connection, ':memory:');
  #holder: Fate | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#connection.exec("ATTACH ':memory:' AS backup");
  }

  /** The database as one process sees it. */
  open(fate: Fate): Kysely<ProxySchema> {
    const shared = this;
    fate.onDeath = () => {
      if (this.#holder !== fate) return;
      if (this.#connection.isTransaction) this.#connection.exec('rollback');
      this.#unlock();
    };
    const connection: DatabaseConnection = {
      async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
        if (fate.dead) await never;
        const statement = shared.#sqlite.prepare(sql);
        const result: QueryResult<R> = statement.reader
          ? { rows: statement.all(parameters) as R[] }
          : { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
        await fate.step();
        return result;
      },
      // biome-ignore lint/correctness/useYield: the interface demands a generator; nothing streams
      async *streamQuery() {
        throw new Error('not used');
      },
    };
    const execute = async (sql: string): Promise<void> => {
      await connection.executeQuery({ sql, parameters: [] } as unknown as CompiledQuery);
    };
    const driver: Driver = {
      async init() {},
      async acquireConnection() {
        await fate.gate();
        await shared.#lock(fate);
        return connection;
      },
      beginTransaction: () => execute('begin'),
      commitTransaction: () => execute('commit'),
      rollbackTransaction: () => execute('rollback'),
      async releaseConnection() {
        if (!fate.dead) shared.#unlock();
      },
      async destroy() {},
    };
    return new Kysely<ProxySchema>({
      dialect: {
        createDriver: () => driver,
        createAdapter: () => new SqliteAdapter(),
        createIntrospector: db => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }

  /** As it is now; the backup before is replaced. */
  backUp(): void {
    if (this.#connection.isTransaction) return; // a process is writing: no backup succeeds now
    for (const table of this.#tables('backup')) this.#connection.exec(`DROP TABLE backup.${table}`);
    for (const table of this.#tables('main'))
      this.#connection.exec(`CREATE TABLE backup.${table} AS SELECT * FROM main.${table}`);
  }

  /** Whether there was a backup. No process may run. */
  restore(): boolean {
    const tables = this.#tables('backup');
    this.#connection.exec('BEGIN; PRAGMA defer_foreign_keys = ON');
    for (const table of tables) {
      this.#connection.exec(
        `DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM backup.${table}`,
      );
    }
    this.#connection.exec('COMMIT');
    return tables.length > 0;
  }

  /** Reads past all processes: for the judge. */
  read<R>(sql: string, ...parameters: string[]): R[] {
    return this.#connection.prepare(sql).all(...parameters) as R[];
  }

  close(): void {
    this.#connection.close();
  }

  /** Those that a process could have. */
  #tables(schema: string): string[] {
    const sql = `SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND name <> 'wanted_history'`;
    return this.#connection
      .prepare(sql)
      .all()
      .map(({ name }) => String(name));
  }

  async #lock(fate: Fate): Promise<void> {
    while (this.#holder !== undefined) await new Promise<void>(resolve => this.#waiting.push(resolve));
    if (fate.dead) {
      this.#waiting.shift()?.();
      await never;
    }
    this.#holder = fate;
  }

  #unlock(): void {
    this.#holder = undefined;
    this.#waiting.shift()?.();
  }
}
