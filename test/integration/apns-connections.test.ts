// How the APNs provider keeps its connection, against the strict simulator over real TLS and HTTP/2: no push is lost or
// repeated with the streams that a server limits, refuses, resets or never answers, nor with a connection that ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../src/demo/free-ports.ts';
import type { ProviderAnswer } from '../../src/relay/providers/provider.ts';
import { type ApnsFixture, badgeFor, countAccepted, startApns } from '../fixtures/apns.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { TcpLink } from '../fixtures/tcp-link.ts';
import { until } from '../fixtures/until.ts';

const clock = new RunningClock();

/** Delivers `count` badges with at most `inFlight` at a time. */
async function deliverMany(
  { provider, device }: ApnsFixture,
  count: number,
  inFlight: number,
): Promise<{ id: string; answer: ProviderAnswer }[]> {
  const results: { id: string; answer: ProviderAnswer }[] = [];
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < count) {
      const notification = badgeFor(device, { badge: ++started });
      results.push({ id: notification.id, answer: await provider.deliver(notification) });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return results;
}

test('a burst waits for the one stream that APNs allows before the first valid token', async () => {
  await using apns = await startApns({ streamLimit: 50 });
  const results = await deliverMany(apns, 300, 300);
  assert.ok(results.every(({ answer }) => answer.kind === 'accepted'));
  const { resent, connectionsOpened } = apns.accounts.open(apns.config).production.counts;
  assert.deepEqual({ resent, connectionsOpened }, { resent: 0, connectionsOpened: 1 });
});

test('a stream limit of one is enough', async () => {
  await using apns = await startApns({ streamLimit: 1 });
  const results = await deliverMany(apns, 100, 100);
  assert.ok(results.every(({ answer }) => answer.kind === 'accepted'));
});

test('a graceful GOAWAY every 200 streams loses none of 3,000 pushes, and repeats none', async () => {
  await using apns = await startApns();
  const accepted = countAccepted(apns);
  apns.simulator.goawayEvery = 200;
  const results = await deliverMany(apns, 3000, 200);
  const lost = results.filter(({ answer }) => answer.kind !== 'accepted');
  assert.deepEqual(lost, []);
  assert.equal(accepted.size, 3000);
  assert.ok([...accepted.values()].every(times => times === 1));
  const { connectionsOpened, resent } = apns.accounts.open(apns.config).production.counts;
  assert.ok(connectionsOpened >= 15, `${connectionsOpened} connections`);
  assert.ok(resent > 0, 'the GOAWAYs left streams unprocessed');
});

test('there are never more than two connections while one replaces the other', async () => {
  await using apns = await startApns();
  apns.simulator.goawayEvery = 20;
  let most = 0;
  apns.simulator.onEvent(() => {
    most = Math.max(most, apns.simulator.connectionCount);
  });
  await deliverMany(apns, 400, 100);
  assert.ok(most <= 2, `${most} connections`);
});

test('a GOAWAY with an error: what is above its last stream is resent, the rest is unknown', async () => {
  await using apns = await startApns();
  const accepted = countAccepted(apns);
  await apns.provider.deliver(badgeFor(apns.device)); // raises the stream limit
  apns.simulator.inject({ kind: 'stall', accept: true }, { times: 5 });
  apns.simulator.inject({ kind: 'goaway', code: 2, reason: 'InternalServerError', timestamp: 1 });
  const results = await deliverMany(apns, 20, 20);
  const unknown = results.filter(({ answer }) => answer.kind === 'outcome-unknown');
  assert.equal(unknown.length, 5);
  assert.equal(results.filter(({ answer }) => answer.kind === 'accepted').length, 15);
  assert.ok([...accepted.values()].every(times => times === 1));
});

test('REFUSED_STREAM is resent at once under the same id', async () => {
  await using apns = await startApns();
  const accepted = countAccepted(apns);
  apns.simulator.inject({ kind: 'reset', code: 7 }, { times: 4 });
  const notification = badgeFor(apns.device);
  const answer = await apns.provider.deliver(notification);
  assert.deepEqual(answer, { kind: 'accepted', providerId: notification.id });
  assert.deepEqual([...accepted], [[notification.id, 1]]);
});

test('a server that refuses every stream is asked until notAfter, and not in a tight loop', async () => {
  await using apns = await startApns();
  await apns.provider.deliver(badgeFor(apns.device)); // so that a connection is there
  apns.simulator.inject({ kind: 'reset', code: 7 }, { times: 1000 });
  const answer = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() + 3000 }));
  assert.deepEqual(answer, { kind: 'unavailable', reason: 'refused-stream' });
  const asked = 1000 - apns.simulator.pendingFaults;
  assert.ok(asked >= 2 && asked < 60, `asked ${asked} times`);
});

for (const accept of [false, true]) {
  test(`a reset stream is unknown, whether the push took effect or not (${accept})`, async () => {
    await using apns = await startApns();
    apns.simulator.inject({ kind: 'reset', code: 8, accept });
    const answer = await apns.provider.deliver(badgeFor(apns.device, { badge: 3 }));
    assert.deepEqual(answer, { kind: 'outcome-unknown', reason: 'stream-reset-8' });
    assert.equal(apns.device.badge, accept ? 3 : 0);
    assert.equal((await apns.provider.deliver(badgeFor(apns.device, { badge: 4 }))).kind, 'accepted');
  });

  test(`a dropped connection is unknown, and the next push gets a new one (${accept})`, async () => {
    await using apns = await startApns();
    const accepted = countAccepted(apns);
    await apns.provider.deliver(badgeFor(apns.device));
    apns.simulator.inject({ kind: 'drop', accept });
    const notification = badgeFor(apns.device, { badge: 3 });
    const answer = await apns.provider.deliver(notification);
    assert.deepEqual(answer, { kind: 'outcome-unknown', reason: 'connection-lost' });
    assert.equal(accepted.get(notification.id), accept ? 1 : undefined);
    assert.equal((await apns.provider.deliver(badgeFor(apns.device, { badge: 4 }))).kind, 'accepted');
    assert.equal(apns.device.badge, 4);
  });
}

test('a stalled request ends by its own deadline, and the others go on', async () => {
  const moving = new RunningClock();
  await using apns = await startApns({ clock: moving, timeouts: { quietMs: 3_600_000 } });
  const deliver = () => apns.provider.deliver(badgeFor(apns.device, {}, moving.now()));
  await deliver();
  apns.simulator.inject({ kind: 'stall' });
  const stalled = deliver();
  await until('the request stalls', () => apns.simulator.pendingFaults === 0);
  assert.equal((await deliver()).kind, 'accepted');
  moving.putForward(5000);
  assert.deepEqual(await stalled, { kind: 'outcome-unknown', reason: 'timeout' });
  assert.equal(apns.accounts.open(apns.config).production.counts.connectionsOpened, 1);
});

test('a slow answer within the deadline is an answer', async () => {
  await using apns = await startApns();
  apns.simulator.inject({ kind: 'slow', delayMs: 50 });
  assert.equal((await apns.provider.deliver(badgeFor(apns.device))).kind, 'accepted');
});

test('a half-open connection is found by ping, its requests are unknown, and it is replaced', async () => {
  const moving = new RunningClock();
  await using link = await TcpLink.start();
  await using apns = await startApns({
    clock: moving,
    timeouts: { requestMs: 3_600_000 }, // nothing but a ping can end it
    config: { production_url: `https://localhost:${link.port}` },
  });
  const deliver = (badge: number) => apns.provider.deliver(badgeFor(apns.device, { badge }, moving.now()));
  link.target = Number(new URL(apns.simulator.productionUrl).port);
  assert.equal((await deliver(1)).kind, 'accepted');
  link.freeze();
  let lost: ProviderAnswer | undefined;
  void deliver(2).then(answer => {
    lost = answer;
  });
  await until('it is found', () => {
    if (lost === undefined) moving.putForward(500);
    return lost !== undefined;
  });
  assert.deepEqual(lost, { kind: 'outcome-unknown', reason: 'connection-lost' });
  assert.equal((await deliver(3)).kind, 'accepted');
  assert.equal(apns.device.badge, 3);
});

test('what waits for a stream until notAfter is never written', async () => {
  await using apns = await startApns({ streamLimit: 1 });
  await apns.provider.deliver(badgeFor(apns.device));
  const accepted = countAccepted(apns);
  apns.simulator.inject({ kind: 'slow', delayMs: 300 });
  const first = apns.provider.deliver(badgeFor(apns.device));
  const second = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() + 50 }));
  assert.deepEqual(second, { kind: 'not-started', reason: 'not-after-passed' });
  assert.equal((await first).kind, 'accepted');
  assert.equal(accepted.size, 1);
});

test('an unreachable provider is said to be that', async () => {
  const port = await freePort();
  await using apns = await startApns({ config: { production_url: `https://localhost:${port}` } });
  const answer = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() + 2000 }));
  assert.equal(answer.kind, 'unavailable');
  assert.equal(answer.kind === 'unavailable' && answer.reason, 'unreachable');
});

test('a server that accepts connections and says nothing is given up', async () => {
  const silent = createServer();
  const sockets: Socket[] = [];
  silent.on('connection', socket => sockets.push(socket.on('error', () => {})));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  {
    await using apns = await startApns({
      timeouts: { connectMs: 50 },
      config: { production_url: `https://localhost:${port}` },
    });
    const connected = once(silent, 'connection');
    const answer = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() + 2000 }));
    assert.equal(answer.kind === 'unavailable' && answer.reason, 'unreachable');
    await connected;
    assert.ok(sockets.length < 10, `${sockets.length} connections`);
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a server whose certificate is not trusted gets nothing', async () => {
  await using other = await startApns();
  const ca_file = other.config.ca_file ?? '';
  await using apns = await startApns({ config: { ca_file } });
  const accepted = countAccepted(apns);
  const answer = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() + 2000 }));
  assert.equal(answer.kind === 'unavailable' && answer.reason, 'unreachable');
  assert.equal(accepted.size, 0);
});

test('closing lets open requests end and answers the waiting ones', async () => {
  const apns = await startApns({ streamLimit: 1 });
  await apns.provider.deliver(badgeFor(apns.device));
  apns.simulator.inject({ kind: 'slow', delayMs: 50 });
  const open = apns.provider.deliver(badgeFor(apns.device));
  const waiting = apns.provider.deliver(badgeFor(apns.device));
  await apns[Symbol.asyncDispose]();
  assert.equal((await open).kind, 'accepted');
  assert.deepEqual(await waiting, { kind: 'unavailable', reason: 'shutting-down' });
});

test('closing while a connection is on its way answers what waits for it', async () => {
  const apns = await startApns();
  const waiting = apns.provider.deliver(badgeFor(apns.device));
  await apns[Symbol.asyncDispose]();
  assert.deepEqual(await waiting, { kind: 'unavailable', reason: 'shutting-down' });
});
