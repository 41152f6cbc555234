// The APNs simulator judged by a client that is not ours: @parse/node-apn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import apn from '@parse/node-apn';
import { ManualClock } from '../../../src/runtime/manual-clock.ts';
import { ApnsSimulator } from '../../../src/simulators/apns/apns-simulator.ts';
import { createSigningKey, type SigningKey } from '../../../src/simulators/apns/provider-tokens.ts';
import { patienceMs } from '../../fixtures/until.ts';

const topic = 'com.fabrikam.mail';

class Client implements Disposable {
  readonly #provider: apn.Provider;

  constructor(simulator: ApnsSimulator, key: SigningKey = simulator.signingKey) {
    this.#provider = new apn.Provider({
      token: { key: Buffer.from(key.privateKeyPem), keyId: key.keyId, teamId: key.teamId },
      address: 'localhost',
      port: Number(new URL(simulator.productionUrl).port),
      ca: [Buffer.from(simulator.certificate.caPem)],
      requestTimeout: patienceMs, // its own 5 s are over before a machine that stood still goes on
    });
  }

  async push(
    token: string,
    fields: Partial<apn.Notification>,
  ): Promise<apn.Responses<apn.ResponseSent, apn.ResponseFailure>> {
    return this.#provider.send(
      Object.assign(new apn.Notification(), { topic, pushType: 'alert', ...fields }),
      token,
    );
  }

  [Symbol.dispose](): void {
    void this.#provider.shutdown();
  }
}

/** node-apn issues its tokens by the machine's time, so the simulator's clock begins there. */
async function start(): Promise<{ simulator: ApnsSimulator; clock: ManualClock } & AsyncDisposable> {
  const clock = new ManualClock(Date.now());
  const simulator = await ApnsSimulator.start({ clock });
  return { simulator, clock, [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose]() };
}

test('200 concurrent pushes are accepted over one connection', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const first = apns.simulator.registerDevice({ topic });
  await client.push(first.token, { badge: 1 }); // node-apn gives up what a server refuses before its first valid token
  const devices = Array.from({ length: 200 }, () => apns.simulator.registerDevice({ topic }));
  const answers = await Promise.all(devices.map(({ token }, index) => client.push(token, { badge: index })));
  assert.ok(answers.every(({ sent, failed }) => sent.length === 1 && failed.length === 0));
  assert.deepEqual(
    devices.map(({ badge }) => badge),
    devices.map((_, index) => index),
  );
  assert.equal(apns.simulator.connectionCount, 1);
});

test('a badge alone changes the icon and shows one notification', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const device = apns.simulator.registerDevice({ topic });
  await client.push(device.token, { badge: 5 });
  assert.equal(device.badge, 5);
  assert.deepEqual(
    device.shown.map(({ payload }) => payload),
    [{ aps: { badge: 5 } }],
  );
});

test('410 carries the time of the uninstallation in milliseconds', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const device = apns.simulator.registerDevice({ topic });
  device.uninstall();
  const { failed } = await client.push(device.token, { badge: 1 });
  assert.equal(failed[0]?.status, 410);
  assert.deepEqual(failed[0]?.response, { reason: 'Unregistered', timestamp: device.uninstalledAt });
});

test('a bad device token, a foreign topic, and a key that Apple never issued are refused', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const unknown = await client.push('ab'.repeat(32), { badge: 1 });
  assert.equal(unknown.failed[0]?.status, 400);
  assert.equal(unknown.failed[0]?.response?.reason, 'BadDeviceToken');

  const other = apns.simulator.registerDevice({ topic: 'com.fabrikam.calendar' });
  const foreign = await client.push(other.token, { badge: 1 });
  assert.equal(foreign.failed[0]?.response?.reason, 'DeviceTokenNotForTopic');

  const { keyId, teamId } = apns.simulator.signingKey;
  using forger = new Client(apns.simulator, createSigningKey({ keyId, teamId }));
  const forged = await forger.push(other.token, { badge: 1 });
  assert.equal(forged.failed[0]?.status, 403);
  assert.equal(forged.failed[0]?.response?.reason, 'InvalidProviderToken');
});

test('the same collapse id replaces what is shown', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const device = apns.simulator.registerDevice({ topic });
  await client.push(device.token, { badge: 1, collapseId: 'icon' });
  await client.push(device.token, { badge: 2, collapseId: 'icon' });
  await client.push(device.token, { badge: 3, collapseId: 'other' });
  assert.deepEqual(
    device.shown.map(({ payload }) => payload),
    [{ aps: { badge: 2 } }, { aps: { badge: 3 } }],
  );
});

test('offline, one notification is kept, the newest, until it expires', async () => {
  await using apns = await start();
  using client = new Client(apns.simulator);
  const device = apns.simulator.registerDevice({ topic, online: false });
  const expiry = Math.floor(apns.clock.now() / 1000) + 3600;
  for (const badge of [1, 2, 3]) await client.push(device.token, { badge, expiry });
  device.goOnline();
  assert.deepEqual(device.badges, [3]);

  device.goOffline();
  await client.push(device.token, { badge: 4, expiry });
  await apns.clock.advance(2 * 3_600_000);
  device.goOnline();
  assert.deepEqual(device.badges, [3], 'it expired');

  device.goOffline();
  device.goOnline();
  assert.equal(device.stored, undefined);
});
