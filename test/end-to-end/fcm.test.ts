// Android, from the mailbox to the icon: the real proxy and relay, FCM's simulator, and an app that walks the real APIs.
// The numbers go up and down; what FCM refuses ends no subscription but that of the device which is gone.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { relayMetadataSchema } from '../../src/contract/relay-metadata.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, type System, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { SimulatedAndroid } from '../../src/simulators/fcm/device.ts';
import { FcmSimulator } from '../../src/simulators/fcm/fcm-simulator.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { SimulatedApp } from '../../src/simulators/simulated-app.ts';
import { mailbadge } from '../fixtures/command.ts';
import { storedIcons } from '../fixtures/stored-icons.ts';
import { patiently, until } from '../fixtures/until.ts';

const password = 'pw-of-the-mailbox';
const clock = new SystemClock();
const mailboxes = new SimulatedMailboxes({ clock });
const folder = mkdtempSync(join(tmpdir(), 'mbp-'));
let fcm: FcmSimulator;
let system: System;

before(async () => {
  fcm = await FcmSimulator.start({ clock });
  const caFile = join(folder, 'fcm-ca.pem');
  const keyFile = join(folder, 'service-account.json');
  writeFileSync(caFile, fcm.certificate.caPem);
  writeFileSync(keyFile, JSON.stringify(fcm.serviceAccountKey));
  system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    relay: {
      apps: [
        {
          id: demoApp,
          fcm: { project_id: fcm.projectId, service_account_file: keyFile, url: fcm.url, ca_file: caFile },
        },
      ],
    },
  });
});

after(async () => {
  await system[Symbol.asyncDispose]();
  await fcm[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function turnOn(mailbox: string, presentation: 'badge' | 'notification' = 'badge') {
  mailboxes.open(mailbox, { password });
  const device = fcm.registerDevice();
  const { proxyUrl } = system;
  const installationId = `${mailbox.split('@')[0]}-android`;
  const app = new SimulatedApp({ proxyUrl, appId: demoApp, installationId, presentation });
  await app.signIn(mailbox, password);
  const receiver = {
    target: { provider: 'fcm', token: device.token },
    waitForCode: (options: { signal?: AbortSignal }) => device.waitForCode(options),
  } as const;
  const { iconId } = await app.turnOn(mailbox, receiver, patiently());
  await until('it has its first badge', () => device.badges.length > 0);
  return { app, device, iconId, mailbox };
}

function deliver(mailbox: string): number {
  return mailboxes.append(mailbox, { from: 'ada@example.org', subject: 'Lunch?' });
}

function shows(device: SimulatedAndroid, badge: number): Promise<true> {
  return until(`the icon shows ${badge}`, () => device.badge === badge, { seen: () => device.badges });
}

async function iconOf(iconId: string) {
  const icons = await storedIcons(join(folder, 'proxy.db'));
  return icons.find(({ id }) => id === iconId) ?? assert.fail('no such icon');
}

describe('FCM', () => {
  test('the relay says that it delivers to FCM', async () => {
    const answer = await fetch(`${system.relayUrl}/.well-known/mailbadge-relay`);
    const { apps, capabilities } = relayMetadataSchema.parse(await answer.json());
    assert.deepEqual(apps, [{ id: demoApp, providers: ['fcm'] }]);
    assert.ok(capabilities.includes('fcm') && !capabilities.includes('apns'));
  });

  test('up and down, silently: the app shows and takes away its own notification', async () => {
    const { device, mailbox } = await turnOn('badge@fabrikam.com');
    const first = deliver(mailbox);
    await shows(device, 1);
    const second = deliver(mailbox);
    await shows(device, 2);
    mailboxes.setSeen(mailbox, first, true);
    await shows(device, 1);
    mailboxes.setSeen(mailbox, second, true);
    await shows(device, 0);
    const badges = device.received.filter(({ data }) => data['kind'] === 'badge');
    const revs = badges.map(({ data }) => Number(data['rev']));
    assert.ok(
      revs.every((rev, index) => rev > (revs[index - 1] ?? -1)),
      `in order: ${revs.join(', ')}`,
    );
    assert.ok(badges.every(({ notification }) => notification === undefined));
  });

  test('visibly: the system shows the count without the app', async () => {
    const { device, mailbox } = await turnOn('notification@fabrikam.com', 'notification');
    for (const count of [1, 2]) {
      deliver(mailbox);
      await shows(device, count);
    }
    const last = device.received.at(-1);
    assert.deepEqual([last?.notification?.count, last?.priority], [2, 'HIGH']);
  });

  test('a phone that was away shows the newest number when it is back', async () => {
    const { device, mailbox } = await turnOn('away@fabrikam.com');
    deliver(mailbox);
    await shows(device, 1);
    device.goOffline();
    for (let count = 0; count < 3; count += 1) deliver(mailbox);
    await until('FCM keeps the newest', () => device.stored[0]?.data['badge'] === '4');
    assert.equal(device.badge, 1);
    device.goOnline();
    assert.equal(device.badge, 4);
  });

  test('faults on the way lose nothing: GOAWAY, REFUSED_STREAM, a lost connection, 502, 503', async () => {
    const { device, mailbox } = await turnOn('faults@fabrikam.com');
    const faults: Parameters<FcmSimulator['inject']>[0][] = [
      { kind: 'goaway', code: 0 },
      { kind: 'goaway', code: 2 },
      { kind: 'reset', code: 7 },
      { kind: 'answer', status: 503, reason: 'UNAVAILABLE', headers: { 'retry-after': '1' } },
      { kind: 'answer', status: 502 },
      { kind: 'drop', accept: false },
    ];
    let unseen = 0;
    for (const fault of faults) {
      fcm.inject(fault);
      deliver(mailbox);
      unseen += 1;
      await shows(device, unseen);
    }
    assert.deepEqual(device.badges, [0, 1, 2, 3, 4, 5, 6]);
  });

  test('an app that was uninstalled ends softly, and may come back', async () => {
    const { app, device, iconId, mailbox } = await turnOn('gone@fabrikam.com');
    device.uninstall();
    deliver(mailbox);
    await until('the subscription ended', async () => (await iconOf(iconId)).ended_at !== null);
    const devices = await app.listDevices(mailbox);
    assert.deepEqual(
      devices.flatMap(({ subscriptions }) => subscriptions.map(({ endedReason }) => endedReason)),
      ['target-gone'],
    );
    const again = await turnOn(mailbox);
    await shows(again.device, 1);
  });

  test('why names the provider', async () => {
    const { device, mailbox } = await turnOn('why@fabrikam.com');
    deliver(mailbox);
    await shows(device, 1);
    await until('it is stored', async () => {
      const told = await mailbadge(['proxy', 'why', mailbox, '--config', system.proxyConfigFile]);
      return /FCM accepted (it|1)/.test(told.stdout);
    });
  });

  // The last one: it holds everybody up for a minute.
  test('a role that is missing opens the breaker, and ends nothing', async () => {
    const { app, device, iconId, mailbox } = await turnOn('forbidden@fabrikam.com');
    const other = await turnOn('forbidden-too@fabrikam.com');
    fcm.inject({ kind: 'answer', status: 403, reason: 'PERMISSION_DENIED' });
    deliver(mailbox);
    await until('it waits', async () => (await iconOf(iconId)).last_outcome === 'app-misconfigured');
    deliver(other.mailbox);
    await until(
      'so do the others',
      async () => (await iconOf(other.iconId)).last_outcome === 'app-misconfigured',
    );
    assert.equal(other.device.badges.includes(1), false);
    const devices = await app.listDevices(mailbox);
    assert.deepEqual(
      devices.flatMap(({ subscriptions }) => subscriptions.map(({ endedReason }) => endedReason)),
      [null],
    );
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort()}/metrics`)).text();
    assert.match(metrics, /mailbadge_app_misconfigured\{[^}]*provider="fcm"[^}]*\} 1/);
    // The one that is tried first is the canary; the other waits for a minute more if it was tried beside it.
    await until('a canary is taken', () => [device, other.device].some(({ badge }) => badge === 1));
    await shows(device, 1);
    await shows(other.device, 1);
  });
});

function metricsPort(): number {
  const config = parseYaml(readFileSync(system.relayConfigFile, 'utf8')) as { metrics: { port: number } };
  return config.metrics.port;
}
