import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { version } from '../../contract/versions.ts';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { relayMigrations } from '../database/migrations.ts';
import type { RelaySchema } from '../database/schema.ts';
import { RelayEvents } from '../events.ts';
import { listNodes } from './list-nodes.ts';
import { NodePresence } from './node-presence.ts';

async function open(t: TestContext) {
  const clock = new ManualClock();
  const { db, [Symbol.asyncDispose]: close } = openDatabase<RelaySchema>(
    { path: ':memory:' },
    { clock: new SystemClock() },
  );
  t.after(close);
  await migrate(db, relayMigrations);
  const events = new RelayEvents({ logger: silentLogger, metrics: createMetrics() });
  const living = new Set<number>();
  const start = async (processId: number, clockOfNode = clock) => {
    living.add(processId);
    const identity = { host: 'relay-1', processId, isAlive: (id: number) => living.has(id) };
    const node = await NodePresence.open({ db, events, clock: clockOfNode, logger: silentLogger }, identity);
    await clock.advance(0);
    return node;
  };
  const nodes = async () =>
    (await listNodes(db, clock.now())).map(({ name, running }) => `${name} ${running ? 'runs' : 'stopped'}`);
  return { clock, db, events, living, start, nodes };
}

test('a node is there until it stops', async t => {
  const { clock, db, start, nodes } = await open(t);
  const node = await start(1);
  assert.deepEqual(await nodes(), ['relay-1 runs']);
  await clock.advance(3_600_000);
  assert.deepEqual(await nodes(), ['relay-1 runs']);
  const [seen] = await listNodes(db, clock.now());
  assert.equal(seen?.version, version);
  assert.equal(seen?.startedAt, clock.now() - 3_600_000);
  await node[Symbol.asyncDispose]();
  assert.deepEqual(await nodes(), ['relay-1 stopped']);
});

test('a node that was killed is not running, and the next process takes its name at once', async t => {
  const { clock, living, start, nodes } = await open(t);
  const killed = new ManualClock(clock.now());
  await start(1, killed);
  living.delete(1);
  await start(2);
  assert.deepEqual(await nodes(), ['relay-1 runs']);
  const other = await open(t);
  await other.start(1, new ManualClock(other.clock.now()));
  await other.clock.advance(31_000);
  assert.deepEqual(await other.nodes(), ['relay-1 stopped']);
});

test('two processes of one host are told apart; what was not seen for a week is forgotten', async t => {
  const { clock, start, nodes } = await open(t);
  const first = await start(1);
  const second = await start(2);
  assert.deepEqual(await nodes(), ['relay-1 runs', 'relay-1:2 runs']);
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await clock.advance(8 * 86_400_000);
  await start(3);
  assert.deepEqual(await nodes(), ['relay-1 runs']);
});

test('others see at once which apps a node holds back, and why', async t => {
  const { clock, db, events, start } = await open(t);
  const node = await start(1);
  const route = { appId: 'com.fabrikam.mail', provider: 'apns', environment: 'production' } as const;
  events.record({ kind: 'app-misconfigured', ...route, reason: 'InvalidProviderToken' });
  await clock.advance(0);
  const heldBack = async () => (await listNodes(db, clock.now()))[0]?.appsHeldBack;
  assert.deepEqual(await heldBack(), [{ ...route, reason: 'InvalidProviderToken' }]);
  events.record({ kind: 'app-recovered', ...route });
  await clock.advance(0);
  assert.deepEqual(await heldBack(), []);
  events.record({ kind: 'app-misconfigured', ...route, reason: 'InvalidProviderToken' });
  await node[Symbol.asyncDispose]();
  assert.deepEqual(await heldBack(), []); // it holds nothing back that does not run
});
