// What runs at each badge must cost the same whatever the number of icons: every statement on icons that
// the publisher runs finds its rows by an index that holds few others. SQLite itself is asked for its plan.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { Kysely, SqliteDialect, type Transaction } from 'kysely';
import { migrate } from '../../src/database/migrator.ts';
import { sqliteDatabase } from '../../src/database/node-sqlite.ts';
import { proxyMigrations } from '../../src/proxy/database/migrations.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { anyDue, claimDue } from '../../src/proxy/publisher/claim-due.ts';
import { askRepetitions, nextDueAt } from '../../src/proxy/publisher/due-times.ts';
import { clearAttempts, clearExpired } from '../../src/proxy/publisher/store-results.ts';
import { endSettledIcons } from '../../src/proxy/subscriptions/recompute-icons.ts';
import { NewestMessages } from '../../src/proxy/unseen/newest-messages.ts';
import { seededRandom } from '../../src/runtime/random.ts';

const random = seededRandom(1);

const perBadge: Record<string, (transaction: Transaction<ProxySchema>) => Promise<unknown>> = {
  'is anything due': transaction => anyDue(transaction, 1),
  'claim what is due': transaction =>
    claimDue(transaction, {
      now: 1,
      items: 1000,
      blocksUntil: 1,
      epoch: 1,
      random,
      newest: new NewestMessages(),
    }),
  'clear attempts': transaction => clearAttempts(transaction, ['a', 'b'], { reason: '', now: 1 }),
  'clear expired attempts': transaction => clearExpired(transaction, 1),
  'ask repetitions': transaction => askRepetitions(transaction, 1),
  'next due time': transaction => nextDueAt(transaction, { waiting: true }),
  'end settled icons': transaction => endSettledIcons(transaction, ['a', 'b'], 1),
};
/** The other indexes hold every icon. */
const selective =
  /USING (COVERING )?INDEX (icon_due|icon_attempt|icon_by_attempt|icon_repeat|sqlite_autoindex_icon_1)\b/;

for (const [name, run] of Object.entries(perBadge)) {
  test(`${name}: by an index of few icons`, async () => {
    const connection = new DatabaseSync(':memory:');
    const statements: string[] = [];
    const db = new Kysely<ProxySchema>({
      dialect: new SqliteDialect({ database: sqliteDatabase(connection, ':memory:') }),
      log: ({ query }) => void statements.push(query.sql),
    });
    await migrate(db, proxyMigrations);
    statements.length = 0;
    await db.transaction().execute(run);
    const ofIcons = statements.filter(statement => statement.includes('"icon"'));
    assert.ok(ofIcons.length > 0);
    for (const statement of ofIcons) {
      const steps = planOf(connection, statement).filter(step => /^(SEARCH|SCAN) icon\b/.test(step));
      assert.ok(steps.length > 0, statement);
      for (const step of steps) assert.match(step, selective, statement);
    }
    await db.destroy();
  });
}

function planOf(connection: DatabaseSync, statement: string): string[] {
  const parameters = Array.from(statement.matchAll(/\?/g), () => 1);
  const rows = connection.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters);
  return rows.map(row => String(row['detail']));
}
