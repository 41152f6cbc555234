import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeEnabled } from '../../../test/fixtures/enabled-proxy.ts';
import { openProxyStages } from '../../../test/fixtures/proxy-stages.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { seededRandom } from '../../runtime/random.ts';
import { NodePresence } from '../nodes/node-presence.ts';
import type { ProbeOutcome } from './probe-outcome.ts';
import { endProbe, listProbes, readProbe, requestProbe, trimProbes } from './probe-store.ts';
import { Prober } from './prober.ts';

const succeeded: ProbeOutcome = { failure: undefined, stages: [{ name: 'settings', ms: 1, detail: null }] };

async function open({ everyMs = 0, outcome = async () => succeeded } = {}) {
  const stages = await openProxyStages();
  const { db, clock, events } = stages;
  const random = seededRandom(7);
  const node = new NodePresence({ db, clock, logger: silentLogger, name: 'mx1', processId: 1 });
  await node.start();
  const done: { id: string; iconId: string | null }[] = [];
  const prober = new Prober({
    ...{ db, clock, random, events, everyMs, logger: silentLogger, node: 'mx1' },
    probe: request => {
      done.push(request);
      return outcome();
    },
  });
  await prober.start();
  const settle = async (): Promise<void> => clock.advance(0);
  return {
    ...{ stages, db, clock, random, prober, done, settle },
    ask: (request = {}) => requestProbe({ db, clock, random }, request),
    async [Symbol.asyncDispose]() {
      await prober[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
      await stages[Symbol.asyncDispose]();
    },
  };
}

test('what is asked of this node is done once, and its end stored', async () => {
  await using probing = await open();
  const { db, prober, done, settle } = probing;
  const id = await probing.ask({ iconId: 'icon-1' });
  prober.wake();
  prober.wake();
  await settle();
  assert.deepEqual(done, [{ id, iconId: 'icon-1' }]);
  const probe = await readProbe(db, id);
  assert.deepEqual(
    [probe?.node, probe?.resultType, probe?.requestedBy, probe?.error, probe?.stages],
    ['mx1', 'Succeeded', 'administrator', '', succeeded.stages],
  );
});

test('a defect is a failed probe, and the next one is done', async () => {
  await using probing = await open({ outcome: () => Promise.reject(new Error('out of order')) });
  const id = await probing.ask();
  probing.prober.wake();
  await probing.settle();
  const probe = await readProbe(probing.db, id);
  assert.deepEqual(
    [probe?.resultType, probe?.failureClass, probe?.error],
    ['Failed', 'Unknown', 'out of order'],
  );
});

test('by schedule, but not while publishing is disabled', async () => {
  await using probing = await open({ everyMs: 300_000 });
  await probing.clock.advance(300_000);
  assert.deepEqual(
    (await listProbes(probing.db, { limit: 9 })).map(probe => probe.requestedBy),
    ['schedule'],
  );
  await storeEnabled(probing.db, { enabled: false });
  await probing.clock.advance(900_000);
  assert.equal(probing.done.length, 1);
  await storeEnabled(probing.db);
  await probing.clock.advance(300_000);
  assert.equal(probing.done.length, 2);
});

test('another node’s probe is left to it; without a running node there is an error', async () => {
  await using probing = await open();
  const { db, clock } = probing;
  await new NodePresence({ db, clock, logger: silentLogger, name: 'mx2', processId: 2 }).start();
  const other = await probing.ask({ node: 'mx2' });
  probing.prober.wake();
  await probing.settle();
  assert.equal((await readProbe(db, other))?.endedAt, null);
  await db.updateTable('node').set({ stopped_at: 1 }).execute();
  await assert.rejects(probing.ask({ node: 'mx2' }), {
    code: 'node-not-found',
    message: 'the node mx2 is stopped',
  });
  await assert.rejects(probing.ask(), { message: 'Cannot find a Mailbox server in the current site.' });
});

test('whoever gave up on a probe has the last word; a new process ends what an older one left', async () => {
  await using probing = await open();
  const { db, clock } = probing;
  const id = await probing.ask();
  await endProbe(db, id, { resultType: 'TimedOut', now: clock.now() });
  await endProbe(db, id, { ...succeeded, resultType: 'Succeeded', now: clock.now() });
  assert.equal((await readProbe(db, id))?.resultType, 'TimedOut');

  const left = await probing.ask();
  await db.updateTable('probe').set({ started_at: clock.now() }).where('id', '=', left).execute();
  await probing.prober.start();
  assert.equal((await readProbe(db, left))?.resultType, 'TimedOut');
  assert.equal(probing.done.length, 0);
});

test('the newest thousand are kept', async () => {
  await using probing = await open();
  const { db } = probing;
  const row = { node: 'mx1', requested_by: 'schedule' };
  for (let at = 0; at < 1010; at++) {
    await db
      .insertInto('probe')
      .values({ id: `p${at}`, requested_at: at, ...row })
      .execute();
  }
  await trimProbes(db);
  const kept = await listProbes(db, { limit: 2000 });
  assert.deepEqual([kept.length, kept.at(0)?.id, kept.at(-1)?.id], [1000, 'p1009', 'p10']);
});
