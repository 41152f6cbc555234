// Nobody's trouble is another's, and no batch is too large for the rest of the process: judged by the order of events,
// on a relay whose clock stands still, so that nothing here is a matter of speed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApnsTarget } from '../../src/relay/providers/apns/apns.ts';
import type { ProviderNotification } from '../../src/relay/providers/provider.ts';
import { countAccepted, startApns, topic } from '../fixtures/apns.ts';
import { apnsTarget, openPublishingRelay } from '../fixtures/publishing-relay.ts';
import { until } from '../fixtures/until.ts';

const streamLimit = 100;

test('while APNs stalls for one organization, the other is answered over the same connection', async t => {
  const relay = await openPublishingRelay(t);
  await using apns = await startApns({ clock: relay.clock, streamLimit });
  using stalls = new DisposableStack();
  stalls.defer(() => apns.simulator.dropConnections()); // else closing would wait for answers that never come
  relay.apns.answer = notification => apns.provider.deliver(notification as ProviderNotification<ApnsTarget>);
  relay.apns.capacity = target => apns.provider.capacity(target as ApnsTarget);
  const [stuck, quick] = [
    await relay.organization('stuck.example'),
    await relay.organization('quick.example'),
  ];
  const register = async (owner: typeof stuck, device: string) => {
    apns.simulator.registerDevice({ topic, token: apnsTarget(device).token });
    return (await relay.register(owner, device)).sealedTarget;
  };
  const ofStuck = await Promise.all(
    Array.from({ length: 100 }, (_, device) => register(stuck, `s${device}`)),
  );
  const ofQuick = await register(quick, 'quick');
  const publishQuick = async () => (await relay.publish(quick, [relay.notification(ofQuick)]))[0]?.outcome;
  assert.equal(await publishQuick(), 'accepted', 'which shows APNs a valid token: now it allows all streams');

  const accepted = countAccepted(apns);
  apns.simulator.inject({ kind: 'stall' }, { times: 1000 });
  const waiting = relay.publish(
    stuck,
    Array.from({ length: 1000 }, (_, index) => relay.notification(ofStuck[index % 100] ?? '')),
  );
  const half = streamLimit / 2;
  await until('half of the streams stall', () => apns.simulator.pendingFaults <= 1000 - half);
  apns.simulator.clearFaults();
  const answers: unknown[] = [];
  void (async () => {
    while (answers.length < 10) answers.push(await publishQuick());
  })();
  await until('the other is answered', () => answers.length === 10);
  assert.deepEqual(new Set(answers), new Set(['accepted']));
  const { inFlight, queued } = apns.accounts.open(apns.config).production.counts;
  assert.deepEqual(
    { inFlight, queued },
    { inFlight: half, queued: 0 },
    'the rest waits where turns are taken',
  );
  assert.equal(accepted.size, 10, 'and none of the others was answered before');

  stalls.dispose();
  await relay.clock.advance(13_001);
  assert.equal((await waiting).length, 1000);
});

test('a batch of a thousand is looked at and started in slices: everything else has its turn between them', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const sealed = await Promise.all(Array.from({ length: 50 }, (_, device) => relay.register(owner, device)));
  const outcomes = () => relay.recorded.filter(({ kind }) => kind === 'notification-outcome').length;
  const seen: { started: number; answered: number }[] = [{ started: 0, answered: 0 }];
  const publishing = relay.publish(
    owner,
    Array.from({ length: 1000 }, (_, index) => relay.notification(sealed[index % 50]?.sealedTarget ?? '')),
  );
  while (outcomes() < 1000) {
    await nextTurn();
    seen.push({ started: relay.apns.delivered.length, answered: outcomes() });
  }
  assert.equal((await publishing).length, 1000);
  for (const member of ['started', 'answered'] as const) {
    const steps = seen.slice(1).map((now, index) => now[member] - (seen[index]?.[member] ?? 0));
    assert.ok(Math.max(...steps) <= 100, `${member} in one turn of the event loop: ${Math.max(...steps)}`);
  }
});
