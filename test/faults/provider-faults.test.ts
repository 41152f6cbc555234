// What APNs and Web Push services do wrong, seen from the mailbox: whatever they answer, or do not, the last badge
// that each one accepted is the mailbox's count, only the device that is gone loses its subscription (and may come
// back), and one bad device holds up no other. The real proxy and relay; mailboxes in memory.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, type System, startSystem } from '../../src/demo/system.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { defaultEgressLimits } from '../../src/runtime/egress/egress.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { ApnsSimulator } from '../../src/simulators/apns/apns-simulator.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import {
  nativeReceiver,
  type TestDevice,
  turnOnDevice,
  untilShown,
  webReceiver,
} from '../fixtures/devices.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { storedIcons } from '../fixtures/stored-icons.ts';
import { patiently, until } from '../fixtures/until.ts';

type ApnsFault = Parameters<System['apns']['inject']>[0];
type WebPushFault = Parameters<System['webPush']['inject']>[0];

const password = 'pw-of-the-mailbox';
const clock = new RunningClock(); // all but the commands run in this process, and may stand still
const mailboxes = new SimulatedMailboxes({ clock });
const folder = mkdtempSync(join(tmpdir(), 'mbp-'));
let system: System;

before(async () => {
  const source = new SimulatedSource({ mailboxes, clock, random: systemRandom });
  system = await startSystem({ folder, source, clock });
});

after(async () => {
  await system[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A mailbox of its own with a device that shows its first message. */
async function deviceOf(kind: 'native' | 'web', mailbox: string) {
  mailboxes.open(mailbox, { password });
  const receiver = kind === 'native' ? nativeReceiver(system) : await webReceiver(system);
  const device = await turnOnDevice(system, `${mailbox.split('@')[0]}-${kind}`, receiver, {
    user: mailbox,
    password,
  });
  if (mailboxes.status(mailbox)?.unseen === 0) deliver(mailbox);
  await untilShown([[device, 1]], `${mailbox} before the fault`);
  return { ...device, mailbox };
}

function deliver(mailbox: string): void {
  mailboxes.append(mailbox, { from: 'ada@example.org', subject: 'Lunch?' });
}

/** The fault strikes the push of the next message, and no other one: nothing else is under way. */
async function strike(
  mailbox: string,
  fault: { apns: ApnsFault } | { webPush: WebPushFault },
): Promise<void> {
  await forgetRepetitions();
  if ('apns' in fault) system.apns.inject(fault.apns);
  else system.webPush.inject(fault.webPush);
  deliver(mailbox);
  await until('the fault struck', () => system.apns.pendingFaults + system.webPush.pendingFaults === 0);
}

/** Each badge is sent once more about a minute later, and would be struck then. */
async function forgetRepetitions(): Promise<void> {
  await using database = openDatabase<ProxySchema>({ path: join(folder, 'proxy.db') }, { clock });
  await database.db.updateTable('icon').set({ repeat_at: null }).execute();
}

async function iconOf({ iconId }: TestDevice) {
  const icons = await storedIcons(join(folder, 'proxy.db'));
  return icons.find(icon => icon.id === iconId) ?? assert.fail('no such icon');
}

async function endedReasons(device: TestDevice, mailbox: string): Promise<(string | null | undefined)[]> {
  const devices = await device.app.listDevices(mailbox);
  return devices.flatMap(({ subscriptions }) => subscriptions.map(({ endedReason }) => endedReason ?? null));
}

describe('provider faults', () => {
  test('what was certainly not processed goes again at once: GOAWAY of both kinds, REFUSED_STREAM', async () => {
    const device = await deviceOf('native', 'unprocessed@fabrikam.com');
    const outcomes: string[] = [];
    using _outcomes = system.proxy.events.listen(event => {
      if (event.kind === 'badge-outcome' && event.iconId === device.iconId) outcomes.push(event.outcome);
    });
    await strike(device.mailbox, { apns: { kind: 'goaway', code: 0 } });
    await untilShown([[device, 2]], 'GOAWAY without an error');
    await strike(device.mailbox, { apns: { kind: 'goaway', code: 2 } });
    await untilShown([[device, 3]], 'GOAWAY with an error, below the stream');
    await strike(device.mailbox, { apns: { kind: 'reset', code: 7 } });
    await untilShown([[device, 4]], 'REFUSED_STREAM');
    await until('each answer is with the proxy', () => outcomes.length >= 3);
    assert.deepEqual(new Set(outcomes), new Set(['accepted']), 'the relay sent each of them again by itself');
  });

  test('an outcome that nobody knows blocks that icon alone, then the badge wanted by then goes', async () => {
    const faults = {
      'drop-before@fabrikam.com': { apns: { kind: 'drop', accept: false } },
      'drop-after@fabrikam.com': { apns: { kind: 'drop', accept: true } },
      'goaway-after@fabrikam.com': { apns: { kind: 'goaway', code: 2, accept: true } },
      'reset-after@fabrikam.com': { apns: { kind: 'reset', code: 2, accept: true } },
      'web-drop-before@fabrikam.com': { webPush: { kind: 'drop', accept: false } },
      'web-drop-after@fabrikam.com': { webPush: { kind: 'drop', accept: true } },
      'web-stall@fabrikam.com': { webPush: { kind: 'stall', accept: false } },
    } as const satisfies Record<string, { apns: ApnsFault } | { webPush: WebPushFault }>;
    const devices = new Map<string, TestDevice>();
    for (const [mailbox, fault] of Object.entries(faults)) {
      devices.set(mailbox, await deviceOf('apns' in fault ? 'native' : 'web', mailbox));
    }
    const bystander = await deviceOf('web', 'bystander@fabrikam.com');
    for (const [mailbox, fault] of Object.entries(faults)) {
      await strike(mailbox, fault);
      deliver(mailbox); // what is wanted once it may go
    }
    deliver(bystander.mailbox);
    await untilShown([[bystander, 2]], 'the device that nothing happened to');
    assert.notEqual(
      devices.get('web-stall@fabrikam.com')?.badge(),
      3,
      'while the last one struck still waits',
    );
    await untilShown(
      [...devices.values()].map(device => [device, 3]),
      'every device, after notAfter + 10 s',
    );
  });

  test('a delay that a provider asks for is kept: 429, 503', async () => {
    const waitSeconds = 3;
    const headers = { 'retry-after': String(waitSeconds) };
    const cases = [
      ['native', { apns: { kind: 'answer', status: 429, reason: 'TooManyRequests', headers } }],
      ['native', { apns: { kind: 'answer', status: 503, reason: 'ServiceUnavailable', headers } }],
      ['web', { webPush: { kind: 'answer', status: 429, headers } }],
      ['web', { webPush: { kind: 'answer', status: 503, headers } }],
    ] as const;
    const devices: (TestDevice & { mailbox: string })[] = [];
    for (const [kind] of cases) devices.push(await deviceOf(kind, `delayed-${devices.length}@fabrikam.com`));
    const delays: Promise<number>[] = [];
    for (const [index, device] of devices.entries()) {
      const begun = performance.now();
      await strike(device.mailbox, cases[index]?.[1] ?? assert.fail());
      const delay = untilShown([[device, 2]], 'after the delay').then(() => performance.now() - begun);
      delays.push(delay);
    }
    for (const delayMs of await Promise.all(delays))
      assert.ok(delayMs >= waitSeconds * 1000, `${delayMs} ms`);
  });

  test('a device that is gone ends softly, the other one of the mailbox goes on, and it may come back', async () => {
    const mailbox = 'gone@fabrikam.com';
    const phone = await deviceOf('native', mailbox);
    const laptop = await deviceOf('web', mailbox);
    await strike(mailbox, {
      apns: { kind: 'answer', status: 410, reason: 'Unregistered', timestamp: Date.now() },
    });
    await untilShown([[laptop, 2]], 'the other device');
    await until('the subscription ended', async () => (await iconOf(phone)).ended_at !== null);
    assert.deepEqual((await endedReasons(laptop, mailbox)).toSorted(), ['target-gone', null].toSorted());
    await phone.app.turnOn(mailbox, phone.receiver, patiently());
    await untilShown([[phone, 2]], 'it registered again');
  });

  test('a 410 from before the registration ends nothing', async () => {
    const device = await deviceOf('native', 'gone-before@fabrikam.com');
    const longAgo = Date.now() - 86_400_000;
    await strike(device.mailbox, {
      apns: { kind: 'answer', status: 410, reason: 'Unregistered', timestamp: longAgo },
    });
    await until(
      'it is deferred',
      async () => (await iconOf(device)).last_outcome === 'gone-before-registration',
    );
    assert.deepEqual(await endedReasons(device, device.mailbox), [null]);
  });

  for (const status of [404, 410]) {
    test(`a web app whose subscription is ${status} ends softly`, async () => {
      const device = await deviceOf('web', `web-${status}@fabrikam.com`);
      await strike(device.mailbox, { webPush: { kind: 'answer', status } });
      await until('the subscription ended', async () => (await iconOf(device)).ended_at !== null);
      assert.deepEqual(await endedReasons(device, device.mailbox), ['target-gone']);
    });
  }

  test('BadDeviceToken where others are accepted pauses the icon until its device registers again', async () => {
    const device = await deviceOf('native', 'bad-token@fabrikam.com');
    await strike(device.mailbox, { apns: { kind: 'answer', status: 400, reason: 'BadDeviceToken' } });
    await until('it is paused', async () => (await iconOf(device)).paused_reason === 'target-invalid');
    deliver(device.mailbox);
    assert.deepEqual(await endedReasons(device, device.mailbox), [null], 'paused is not ended');
    await device.app.turnOn(device.mailbox, device.receiver, patiently());
    await untilShown([[device, 3]], 'it registered again');
  });

  test('one endpoint that does not answer holds up no other one of its batch', async () => {
    const mailbox = 'batch@fabrikam.com';
    mailboxes.open(mailbox, { password });
    const devices: TestDevice[] = [];
    for (let index = 0; index < 8; index++) {
      const receiver = await webReceiver(system);
      devices.push(
        await turnOnDevice(system, `batch-laptop-${index}`, receiver, { user: mailbox, password }),
      );
    }
    await strike(mailbox, { webPush: { kind: 'stall', accept: false } });
    const struckAt = clock.monotonic();
    await until('all but one show it', () => devices.filter(device => device.badge() === 1).length === 7);
    assert.ok(
      clock.monotonic() - struckAt < defaultEgressLimits.totalMs,
      'before the relay gave up waiting for that one',
    );
  });

  // The last one: it takes APNs away from everybody.
  test('a provider that cannot be reached is waited for', async () => {
    const device = await deviceOf('native', 'unreachable@fabrikam.com');
    const laptop = await deviceOf('web', 'unreachable-too@fabrikam.com');
    const { apns } = system;
    const [port, sandboxPort] = [apns.productionUrl, apns.sandboxUrl].map(url => Number(new URL(url).port));
    const { certificate, signingKey } = apns;
    await apns[Symbol.asyncDispose]();
    deliver(device.mailbox);
    deliver(laptop.mailbox);
    await untilShown([[laptop, 2]], 'the other provider goes on');
    await until('it waits', async () => (await iconOf(device)).last_outcome === 'provider-unreachable');
    assert.deepEqual(await endedReasons(device, device.mailbox), [null]);

    assert.ok(port !== undefined && sandboxPort !== undefined && device.receiver.target.provider === 'apns');
    await using back = await ApnsSimulator.start({ clock, certificate, signingKey, port, sandboxPort });
    const { token } = device.receiver.target;
    const phone = back.registerDevice({ topic: demoApp, token });
    deliver(device.mailbox);
    await until('it is back', () => phone.badge === 3);
  });
});
