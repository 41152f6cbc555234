// The relay's Web Push provider through the real egress to the simulated push service: what it sends is shown, and
// every fault of the service has its answer.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { BadgePayload } from '../../src/contract/badge-payload.ts';
import type { ProviderNotification } from '../../src/relay/providers/provider.ts';
import {
  createWebPushProvider,
  type WebPushProvider,
  type WebPushTarget,
} from '../../src/relay/providers/webpush/webpush.ts';
import { createEgress, defaultEgressLimits } from '../../src/runtime/egress/egress.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { parseDeviceKeys, pointOf } from '../../src/runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../src/runtime/webpush/encrypt.ts';
import type { SimulatedWebDevice } from '../../src/simulators/webpush/device.ts';
import { WebPushSimulator } from '../../src/simulators/webpush/webpush-simulator.ts';
import { patiently, until } from '../fixtures/until.ts';

const clock = new ManualClock(Date.now()); // no time passes: nothing is late, however slow the machine
const random = systemRandom;
const subject = 'mailto:ops@fabrikam.com';
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const vapidKey = newKey();
let simulator: WebPushSimulator;
let provider: WebPushProvider;

function createProvider(): WebPushProvider {
  const egress = createEgress({
    allow: ['push.example.com'],
    dangerouslyAllow: [simulator.hostAndPort],
    clock,
    ca: simulator.certificate.caPem,
    limits: { ...defaultEgressLimits, connectionsPerOrigin: 10 },
  });
  return createWebPushProvider({ subject }, { vapidKey, egress, clock, random });
}

before(async () => {
  simulator = await WebPushSimulator.start({ clock });
  provider = createProvider();
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await simulator[Symbol.asyncDispose]();
});

function subscribe(options: { online?: boolean } = {}): SimulatedWebDevice {
  return simulator.subscribe({ applicationServerKey: provider.vapidPublicKey, ...options });
}

function notificationFor(
  device: SimulatedWebDevice,
  { badge, rev }: Pick<BadgePayload, 'badge' | 'rev'>,
): ProviderNotification<WebPushTarget> {
  const keys = parseDeviceKeys(device.keys);
  assert.ok(keys);
  const payload: BadgePayload = {
    v: 1,
    kind: 'badge',
    subscription: 'icon',
    badge,
    rev,
    presentation: 'badge',
  };
  return {
    id: random.uuid(),
    traceId: random.bytes(16).toString('hex'),
    target: { provider: 'webpush', endpoint: device.endpoint },
    badge,
    collapseKey: 'icon',
    expiresAt: clock.now() + 3_600_000,
    presentation: 'badge',
    body: encryptForDevice(keys, Buffer.from(JSON.stringify(payload)), { random }),
    notAfter: clock.now() + 5000,
  };
}

test('badges go up and down on the device', async () => {
  const device = subscribe();
  for (const [index, badge] of [1, 2, 1, 0].entries()) {
    const answer = await provider.deliver(notificationFor(device, { badge, rev: index }));
    assert.ok(answer.kind === 'accepted');
    assert.ok(answer.providerId.startsWith(`${simulator.origin}/m/`));
  }
  assert.deepEqual(device.badges, [1, 2, 1, 0]);
});

test('of several badges for an offline device the newest waits', async () => {
  const device = subscribe({ online: false });
  for (const rev of [1, 2, 3]) await provider.deliver(notificationFor(device, { badge: rev, rev }));
  assert.equal(device.storedCount, 1);
  device.goOnline();
  assert.deepEqual(device.badges, [3]);
});

test('the device gets the code of a challenge', async () => {
  const device = subscribe();
  const { id, traceId, target, notAfter } = notificationFor(device, { badge: 0, rev: 0 });
  const answer = await provider.challenge({ id, traceId, target, notAfter, code: 'c0de', keys: device.keys });
  assert.equal(answer.kind, 'accepted');
  assert.equal(await device.waitForCode(patiently()), 'c0de');
});

test('many at once share few connections and all arrive', async () => {
  const devices = Array.from({ length: 100 }, () => subscribe());
  const answers = await Promise.all(
    devices.map((device, index) => provider.deliver(notificationFor(device, { badge: index + 1, rev: 1 }))),
  );
  assert.ok(answers.every(({ kind }) => kind === 'accepted'));
  assert.deepEqual(
    devices.map(({ badge }) => badge),
    devices.map((_, index) => index + 1),
  );
});

test('a subscription that ended is gone, one made with another key is a fault of the configuration', async () => {
  const device = subscribe();
  device.unsubscribe();
  const gone = await provider.deliver(notificationFor(device, { badge: 1, rev: 1 }));
  assert.ok(gone.kind === 'gone' && gone.reason === 'subscription-gone');
  const foreign = simulator.subscribe({ applicationServerKey: foreignKey() });
  const refused = await provider.deliver(notificationFor(foreign, { badge: 1, rev: 1 }));
  assert.deepEqual(refused, { kind: 'misconfigured', reason: 'vapid-refused' });
});

test('what the service does wrong is told apart', async () => {
  const device = subscribe();
  const deliver = () => provider.deliver(notificationFor(device, { badge: 1, rev: 1 }));
  simulator.inject({ kind: 'answer', status: 429, headers: { 'retry-after': '7' } });
  assert.deepEqual(await deliver(), {
    kind: 'throttled',
    scope: 'target',
    reason: 'too-many-requests',
    retryAfterMs: 7000,
  });
  simulator.inject({ kind: 'answer', status: 503, headers: { 'retry-after': '2' } });
  assert.deepEqual(await deliver(), { kind: 'unavailable', reason: 'service-failed', retryAfterMs: 2000 });
  simulator.inject({ kind: 'answer', status: 302, headers: { location: device.endpoint } });
  assert.deepEqual(await deliver(), { kind: 'unavailable', reason: 'redirected' });
  for (const accept of [true, false]) {
    simulator.inject({ kind: 'drop', accept });
    assert.equal((await deliver()).kind, 'outcome-unknown');
    const taken = device.badges.length + (accept ? 1 : 0);
    simulator.inject({ kind: 'stall', accept });
    const stalled = deliver();
    await until('it stalls', () => simulator.pendingFaults === 0 && device.badges.length === taken);
    await clock.advance(defaultEgressLimits.totalMs);
    assert.equal((await stalled).kind, 'outcome-unknown');
  }
  assert.deepEqual(device.badges, [1, 1], 'the two that were taken although nobody said so');
  assert.equal(simulator.pendingFaults, 0);
});

test('nothing is started after notAfter', async () => {
  const device = subscribe();
  const late = { ...notificationFor(device, { badge: 1, rev: 1 }), notAfter: clock.now() - 1 };
  assert.deepEqual(await provider.deliver(late), { kind: 'not-started', reason: 'not-after-passed' });
  assert.deepEqual(device.badges, []);
});

/** The public key of a sender that is not this relay. */
function foreignKey(): string {
  return pointOf(newKey()).toString('base64url');
}
