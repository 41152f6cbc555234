import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/database/database.ts';
import { type Migration, migrate } from '../../src/database/migrator.ts';
import { softTransaction } from '../../src/database/soft-transaction.ts';
import { proxyMigrations } from '../../src/proxy/database/migrations.ts';
import { relayMigrations } from '../../src/relay/database/migrations.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'test.db');
}

for (const [service, migrations] of [
  ['proxy', proxyMigrations],
  ['relay', relayMigrations],
] as const) {
  test(`the ${service}'s migrations run once and then rest`, async () => {
    await using opened = openDatabase({ path: ':memory:' }, { clock: new ManualClock() });
    await migrate(opened.db, migrations);
    await migrate(opened.db, migrations);
    const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migration ORDER BY name`.execute(
      opened.db,
    );
    assert.deepEqual(
      rows.map(row => row.name),
      migrations.map(migration => migration.name),
    );
  });
}

test('a database that a newer version has used is refused, and says what to do', async t => {
  const path = temporaryFile(t);
  const later: Migration = {
    name: '999-later',
    up: async db => void (await sql`CREATE TABLE later (id TEXT)`.execute(db)),
  };
  {
    await using newer = openDatabase({ path }, { clock: new ManualClock() });
    await migrate(newer.db, [...proxyMigrations, later]);
  }
  await using older = openDatabase({ path }, { clock: new ManualClock() });
  await assert.rejects(migrate(older.db, proxyMigrations), {
    code: 'database-newer-schema',
    message: /999-later/,
    hint: /newer version/,
  });
});

test('a failed migration leaves nothing behind and can be repeated', async () => {
  await using opened = openDatabase({ path: ':memory:' }, { clock: new ManualClock() });
  let broken = true;
  const migration: Migration = {
    name: '001-two-steps',
    async up(db) {
      await sql`CREATE TABLE one (id TEXT)`.execute(db);
      if (broken) throw new Error('power cut');
    },
  };
  await assert.rejects(migrate(opened.db, [migration]), /power cut/);
  broken = false;
  await migrate(opened.db, [migration]);
  await sql`INSERT INTO one (id) VALUES ('1')`.execute(opened.db);
});

test("another process's commit is noticed within a quarter of a second, one's own is not told", async t => {
  const path = temporaryFile(t);
  const clock = new ManualClock();
  await using service = openDatabase({ path }, { clock });
  await sql`CREATE TABLE note (text TEXT)`.execute(service.db);
  let changes = 0;
  service.onForeignChange(() => changes++);
  await clock.advance(1000);
  await sql`INSERT INTO note VALUES ('mine')`.execute(service.db);
  await clock.advance(1000);
  assert.equal(changes, 0);
  {
    await using command = openDatabase({ path }, { clock });
    await sql`INSERT INTO note VALUES ('theirs')`.execute(command.db);
  }
  await clock.advance(250);
  assert.equal(changes, 1);
});

test('a disk that fails for a moment ends no service: it is told, kept for health reports, and tried again', async t => {
  const path = temporaryFile(t);
  const clock = new ManualClock();
  const logged: string[] = [];
  const logger = createLogger({ name: 'test', destination: { write: line => logged.push(line) } });
  await using service = openDatabase({ path }, { clock, logger });
  let changes = 0;
  service.onForeignChange(() => changes++);
  using command = new DatabaseSync(path);
  command.exec('CREATE TABLE note (text TEXT)');
  const committed = readFileSync(`${path}-wal`);
  truncateSync(`${path}-wal`, 0); // SQLite answers SQLITE_IOERR_SHORT_READ
  await clock.advance(1000);
  assert.equal(changes, 0);
  assert.equal(service.failure?.code, 'database-unavailable');
  assert.match(service.failure.message, /the disk fails/);
  assert.equal(logged.length, 1, 'once, however long it lasts');
  assert.match(logged[0] ?? '', /"error":"the database \S+ cannot be read or written: the disk fails"/);

  writeFileSync(`${path}-wal`, committed);
  await clock.advance(250);
  assert.equal(service.failure, undefined);
  assert.equal(changes, 1, 'nothing was missed meanwhile');
  assert.match(logged[1] ?? '', /are seen again/);
});

test('a database file that is taken away while it is in use is told, and found again', async t => {
  const path = temporaryFile(t);
  const clock = new ManualClock();
  await using service = openDatabase({ path }, { clock });
  renameSync(path, `${path}.aside`);
  await clock.advance(250);
  assert.match(service.failure?.message ?? '', /removed or replaced/);
  writeFileSync(path, '');
  await clock.advance(250);
  assert.match(service.failure?.hint ?? '', /stop the service/);
  renameSync(`${path}.aside`, path);
  await clock.advance(250);
  assert.equal(service.failure, undefined);
});

test('a database that cannot be opened is a clear error', () => {
  assert.throws(() => openDatabase({ path: '/nonexistent/folder/x.db' }, { clock: new ManualClock() }), {
    code: 'database-unavailable',
    hint: /writable/,
  });
});

test('a soft transaction does not wait for the disk; every other one does, also at the same time', async t => {
  await using opened = openDatabase({ path: temporaryFile(t) }, { clock: new ManualClock() });
  const { db } = opened;
  const synchronous = async (connection: typeof db): Promise<number | undefined> =>
    (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(connection)).rows[0]?.synchronous;
  const [normal, full] = [1, 2]; // as SQLite numbers them
  assert.deepEqual(
    await Promise.all([
      softTransaction(db, synchronous),
      db.transaction().execute(synchronous),
      softTransaction(db, synchronous),
      synchronous(db),
    ]),
    [normal, full, normal, full],
  );
  const failing = softTransaction(db, async transaction => {
    await sql`CREATE TABLE note (text TEXT)`.execute(transaction);
    throw new Error('undone');
  });
  await assert.rejects(failing, /undone/);
  assert.equal(await synchronous(db), full);
  await sql`CREATE TABLE note (text TEXT)`.execute(db);
});

test('a database that another process keeps locked is a clear error, after a while', async t => {
  const path = temporaryFile(t);
  await using database = openDatabase<{ thing: { id: number } }>({ path }, { clock: new ManualClock() });
  await sql`CREATE TABLE thing (id INTEGER)`.execute(database.db);
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(database.db.insertInto('thing').values({ id: 1 }).execute(), {
    name: 'AppError',
    code: 'database-unavailable',
    hint: /one that hangs or is paused/,
  });
});

test('what the disk refuses is told in words, with what to do', async t => {
  const path = temporaryFile(t);
  const open = (at: string) => () => openDatabase({ path: at }, { clock: new ManualClock() });
  const refused = (message: RegExp, hint: RegExp) => ({ code: 'database-unavailable', message, hint });
  assert.throws(open(join(path, 'no-such-folder', 'x.db')), refused(/cannot be opened/, /folder must exist/));
  assert.throws(open(dirname(path)), refused(/cannot be opened/, /folder must exist/));
  writeFileSync(path, 'mail: a text of more than sixteen bytes');
  assert.throws(open(path), refused(/is no database/, /path of the right file/));
  rmSync(path);
  await using database = open(path)();
  await sql`CREATE TABLE thing (text TEXT)`.execute(database.db);
  await sql`PRAGMA max_page_count = 3`.execute(database.db); // a full disk, as SQLite sees it
  await assert.rejects(
    sql`INSERT INTO thing VALUES (hex(zeroblob(20000)))`.execute(database.db),
    refused(/the disk is full/, /make room/),
  );
});

test('a database is its owner’s alone, side files too, and one from before becomes so', async t => {
  const path = temporaryFile(t);
  const files = [path, `${path}-wal`, `${path}-shm`];
  const modes = () => files.map(file => (statSync(file).mode & 0o777).toString(8));
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  await using first = openDatabase({ path }, { clock: new ManualClock() });
  await migrate(first.db, proxyMigrations);
  assert.deepEqual(modes(), ['600', '600', '600']);
  for (const file of files) chmodSync(file, 0o644);
  await using second = openDatabase({ path }, { clock: new ManualClock() });
  await sql`SELECT 1`.execute(second.db);
  assert.deepEqual(modes(), ['600', '600', '600']);
});
