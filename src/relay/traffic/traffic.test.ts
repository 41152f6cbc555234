import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { relayMigrations } from '../database/migrations.ts';
import type { RelaySchema } from '../database/schema.ts';
import { RelayEvents } from '../events.ts';
import { readTraffic } from './read-traffic.ts';
import { TrafficCounter } from './traffic-counter.ts';

const appId = 'com.fabrikam.mail';
const minuteMs = 60_000;
const dayMs = 86_400_000;

async function open(t: TestContext) {
  const clock = new ManualClock();
  const { db, [Symbol.asyncDispose]: close } = openDatabase<RelaySchema>(
    { path: ':memory:' },
    { clock: new SystemClock() },
  );
  t.after(close);
  await migrate(db, relayMigrations);
  const events = new RelayEvents({ logger: silentLogger, metrics: createMetrics() });
  const counter = new TrafficCounter({
    db,
    events,
    apps: new Set([appId]),
    clock,
    logger: silentLogger,
  });
  const happen = (
    organizationId: string,
    result: Pick<
      Parameters<typeof events.record>[0] & { kind: 'notification-outcome' },
      'outcome' | 'reason'
    >,
    named = appId,
  ): void =>
    events.record({
      kind: 'notification-outcome',
      traceId: '0'.repeat(32),
      organizationId,
      appId: named,
      provider: 'apns',
      targetId: 'device',
      latencyMs: 1,
      ...result,
    });
  const read = (hours: number, organizationId?: string) =>
    readTraffic(db, {
      hours,
      now: clock.now(),
      ...(organizationId === undefined ? {} : { organizationId }),
    });
  return { clock, db, counter, happen, read };
}

test('an organization sees its own outcomes, and the sum has all of them', async t => {
  const { counter, happen, read } = await open(t);
  happen('one', { outcome: 'accepted' });
  happen('one', { outcome: 'accepted' });
  happen('one', { outcome: 'rejected', reason: 'target-gone' });
  happen('two', { outcome: 'accepted' });
  await counter.write();
  happen('one', { outcome: 'accepted' });
  await counter.write();
  const totals = async (organizationId?: string) =>
    (await read(1, organizationId)).series.map(({ outcome, total }) => [outcome, total]);
  assert.deepEqual(await totals('one'), [
    ['accepted', 3],
    ['target-gone', 1],
  ]);
  assert.deepEqual(await totals('two'), [['accepted', 1]]);
  assert.deepEqual(await totals(), [
    ['accepted', 4],
    ['target-gone', 1],
  ]);
  assert.deepEqual(await totals('three'), []);
});

test('what happened stands at its place on the way from "from" to "to"', async t => {
  const { clock, happen, read } = await open(t);
  happen('one', { outcome: 'accepted' });
  await clock.advance(20 * minuteMs);
  happen('one', { outcome: 'accepted' });
  await clock.advance(10_000); // written by itself
  const { from, to, bucketMs, series } = await read(1, 'one');
  assert.equal(bucketMs, 5 * minuteMs);
  assert.equal(to, clock.now());
  assert.equal(series[0]?.counts.length, 12);
  assert.deepEqual(
    series[0]?.counts.flatMap((count, index) => (count === 0 ? [] : [from + index * bucketMs])),
    [clock.now() - 20 * minuteMs - 10_000, clock.now() - 10_000],
  );
});

test('however long the time, a chart has 300 points at most, and loses nothing', async t => {
  const { clock, counter, happen, read } = await open(t);
  await clock.advance(17 * minuteMs);
  happen('one', { outcome: 'accepted' });
  await counter.write();
  for (const hours of [1, 24, 25, 26, 100, 168, 719, 720]) {
    const { from, to, bucketMs, series } = await read(hours, 'one');
    const points = series[0]?.counts.length ?? 0;
    assert.ok(points > 0 && points <= 300, `${hours} h: ${points} points`);
    assert.equal(series[0]?.total, 1);
    assert.ok(from <= to - hours * 3_600_000 + bucketMs, `${hours} h from ${from}`);
  }
});

test('what callers make up does not grow the table, and 30 days are kept', async t => {
  const { clock, db, counter, happen } = await open(t);
  for (let index = 0; index < 1000; index++) {
    happen('one', { outcome: 'deferred', reason: 'app-unknown' }, `made.up.${index}`);
  }
  await counter.write();
  const rows = () => db.selectFrom('traffic').selectAll().orderBy('organization_id').execute();
  assert.deepEqual(
    (await rows()).map(row => [row.organization_id, row.app_id, row.notifications]),
    [
      ['*', '', 1000],
      ['one', '', 1000],
    ],
  );
  const [kept] = await rows();
  assert.ok(kept);
  const aged = (days: number) => ({ ...kept, bucket_at: clock.now() - days * dayMs, notifications: days });
  await db
    .insertInto('traffic')
    .values([aged(29), aged(31)])
    .execute();
  await clock.advance(6 * minuteMs);
  assert.deepEqual((await rows()).map(row => row.notifications).sort(), [1000, 1000, 29]);
});

test('what cannot be written stays counted, and is written at the end', async t => {
  const { db, counter, happen, read } = await open(t);
  happen('one', { outcome: 'accepted' });
  await db.schema.alterTable('traffic').renameTo('elsewhere').execute();
  await counter.write();
  happen('one', { outcome: 'accepted' });
  await db.schema.alterTable('elsewhere').renameTo('traffic').execute();
  await counter[Symbol.asyncDispose]();
  happen('one', { outcome: 'accepted' }); // too late: nobody counts any more
  await counter.write();
  assert.equal((await read(1, 'one')).series[0]?.total, 2);
});
