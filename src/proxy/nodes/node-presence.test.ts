import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxyStages } from '../../../test/fixtures/proxy-stages.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { listNodes } from './list-nodes.ts';
import { NodePresence } from './node-presence.ts';

test('a node runs while it renews its row; it is stopped, or silent when it could not say so', async () => {
  await using stages = await openProxyStages();
  const { db, clock } = stages;
  const node = (name: string, processId: number) =>
    new NodePresence({ db, clock, logger: silentLogger, name, processId });
  const states = async () =>
    Object.fromEntries((await listNodes(db, clock)).map(each => [each.name, each.state]));

  const first = node('mx1', 1);
  await first.start();
  await clock.advance(1);
  const second = node('mx2', 2);
  await second.start();
  await clock.advance(60_000);
  assert.deepEqual(await states(), { mx1: 'running', mx2: 'running' });
  await second[Symbol.asyncDispose]();
  assert.deepEqual(await states(), { mx1: 'running', mx2: 'stopped' });

  // A process that was killed renews nothing any more.
  await db
    .updateTable('node')
    .set({ seen_at: clock.now() - 40_000 })
    .where('name', '=', 'mx1')
    .execute();
  assert.deepEqual(await states(), { mx1: 'silent', mx2: 'stopped' });
  await first[Symbol.asyncDispose]();
});

test('whoever was taken over leaves the row of its successor alone', async () => {
  await using stages = await openProxyStages();
  const { db, clock } = stages;
  const options = { db, clock, logger: silentLogger, name: 'mx1' };
  const older = new NodePresence({ ...options, processId: 1 });
  await older.start();
  const newer = new NodePresence({ ...options, processId: 2, consoleUrl: 'http://127.0.0.1:8444' });
  await newer.start();
  await older[Symbol.asyncDispose]();
  const [node, ...others] = await listNodes(db, clock);
  assert.deepEqual(
    [node?.processId, node?.state, node?.consoleUrl, others.length],
    [2, 'running', 'http://127.0.0.1:8444', 0],
  );
  await newer[Symbol.asyncDispose]();
});

test('names that are gone for a month are forgotten', async () => {
  await using stages = await openProxyStages();
  const { db, clock } = stages;
  const container = new NodePresence({ db, clock, logger: silentLogger, name: 'pod-1', processId: 1 });
  await container.start();
  await container[Symbol.asyncDispose]();
  await clock.advance(31 * 86_400_000);
  const next = new NodePresence({ db, clock, logger: silentLogger, name: 'pod-2', processId: 1 });
  await next.start();
  assert.deepEqual(
    (await listNodes(db, clock)).map(({ name }) => name),
    ['pod-2'],
  );
  await next[Symbol.asyncDispose]();
});
