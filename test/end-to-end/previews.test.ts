// Previews through the real proxy and relay to devices of three kinds: read on the device alone. What passes between
// proxy and relay, what the providers get, the databases, the log and `why` are searched for the words of the messages.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../src/demo/free-ports.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { demoApp, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { type PushReceiver, SimulatedApp, type Wishes } from '../../src/simulators/simulated-app.ts';
import type { SimulatedWebDevice } from '../../src/simulators/webpush/device.ts';
import { TcpLink } from '../fixtures/tcp-link.ts';
import { patiently, until } from '../fixtures/until.ts';
import { assertNowhere } from '../fixtures/words-nowhere.ts';

const password = 'correct horse';
const [anna, ben] = ['anna@fabrikam.com', 'ben@fabrikam.com'];
/** In every sender and subject, so that a search finds what should not be there. */
const marker = 'ZqPreview';

async function startPremises(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-previews-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  for (const name of [anna, ben]) mailboxes.open(name, { password });
  const passed: Buffer[] = [];
  const log: string[] = [];
  const logger = (name: string) =>
    createLogger({ name, level: 'debug', destination: { write: line => void log.push(line) } });
  const link = await TcpLink.start({ onBytes: bytes => passed.push(bytes) });
  t.after(() => link[Symbol.asyncDispose]()); // also where the system does not start
  link.target = await freePort();
  const system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    relay: {
      issuer: `http://localhost:${link.port}`,
      listen: { host: '127.0.0.1', port: link.target },
    },
    proxyLogger: logger('proxy'),
    relayLogger: logger('relay'),
  });
  const webDevice = async (options: { declarative?: boolean } = {}) => {
    const metadata = (await (await fetch(`${system.relayUrl}/.well-known/mailbadge-relay`)).json()) as {
      apps: { vapidPublicKey: string }[];
    };
    const applicationServerKey = metadata.apps[0]?.vapidPublicKey ?? '';
    const device = system.webPush.subscribe({ applicationServerKey, ...options });
    return { device, pushed: capture(device), receiver: receiverOf(device) };
  };
  const phone = () => {
    const device = system.apns.registerDevice({ topic: demoApp });
    const target = { provider: 'apns', environment: device.environment, token: device.token } as const;
    const receiver: PushReceiver = {
      target,
      previewKeys: device.extension.keys,
      waitForCode: options => device.waitForCode(options),
    };
    return { device, receiver };
  };
  const app = (installationId: string) =>
    new SimulatedApp({ proxyUrl: system.proxyUrl, appId: demoApp, installationId });
  return {
    ...{ folder, mailboxes, passed, log, system, webDevice, phone, app },
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}

function receiverOf(device: SimulatedWebDevice): PushReceiver {
  const { endpoint, keys } = device;
  return {
    target: { provider: 'webpush', endpoint },
    keys,
    waitForCode: options => device.waitForCode(options),
  };
}

/** The bodies that the push service got for the device, from now on. */
function capture(device: SimulatedWebDevice): Buffer[] {
  const bodies: Buffer[] = [];
  const receive = device.receive.bind(device);
  device.receive = push => {
    bodies.push(push.body);
    receive(push);
  };
  return bodies;
}

async function turnOn(
  app: SimulatedApp,
  receiver: PushReceiver,
  wishesOf: Readonly<Record<string, Wishes>>,
): Promise<string> {
  let iconId = '';
  for (const [mailbox, wishes] of Object.entries(wishesOf)) {
    await app.signIn(mailbox, password);
    ({ iconId } = await app.turnOn(mailbox, receiver, { wishes, ...patiently() }));
  }
  return iconId;
}

test('previews are read on the device, and nowhere before it', async t => {
  await using premises = await startPremises(t);
  const { mailboxes, system, passed, log, folder } = premises;
  const iPhone = premises.phone();
  const plain = premises.phone();
  const laptop = await premises.webDevice();
  const safari = await premises.webDevice({ declarative: true });
  const iPhoneApp = premises.app('anna-iphone');
  await turnOn(iPhoneApp, iPhone.receiver, { [anna]: { previews: true }, [ben]: {} });
  await turnOn(premises.app('anna-plain-phone'), plain.receiver, { [anna]: {} });
  const laptopApp = premises.app('anna-laptop');
  const laptopIcon = await turnOn(laptopApp, laptop.receiver, { [anna]: { previews: true } });
  await turnOn(premises.app('anna-safari'), safari.receiver, {
    [anna]: { previews: true, form: 'declarative', presentation: 'notification', language: 'zh-Hans' },
  });
  const all = [iPhone, plain, laptop, safari].map(({ device }) => device);
  const shown = (badge: number) => () =>
    all.every(device => device.badge === badge && device.badges.length > 0);
  await until('every icon shows 0', shown(0), { seen: () => all.map(({ badges }) => badges) });

  const from = `Carol ${marker} <carol@example.com>`;
  const uid = mailboxes.append(anna, { from, subject: `Lunch ${marker}?` });
  await until('every icon shows 1', shown(1), { seen: () => all.map(({ badges }) => badges) });
  assert.deepEqual(iPhone.device.alerts, [{ title: `Carol ${marker}`, body: `Lunch ${marker}?` }]);
  assert.deepEqual(
    [laptop.device.preview?.mailbox, laptop.device.preview?.from, laptop.device.preview?.subject],
    [anna, `Carol ${marker}`, `Lunch ${marker}?`],
  );
  assert.deepEqual(safari.device.notification, {
    badge: 1,
    title: `Carol ${marker}`,
    body: `Lunch ${marker}?\n1 封未读邮件`,
  });
  assert.deepEqual(plain.device.alerts, [], 'off by default');
  assert.deepEqual(plain.device.shown.at(-1)?.payload, { aps: { badge: 1 } });

  mailboxes.append(ben, { from, subject: `not asked for ${marker}` });
  await until('the icon of both mailboxes shows 2', () => iPhone.device.badge === 2);
  assert.equal(iPhone.device.alerts.length, 1);

  mailboxes.setSeen(anna, uid, true);
  await until('the count goes down', () => iPhone.device.badge === 1 && laptop.device.badge === 0);
  assert.deepEqual([iPhone.device.alerts.length, laptop.device.preview], [1, undefined]);

  const why = await system.run('proxy', 'why', laptopIcon, '--config', system.proxyConfigFile);
  assert.match(why, /preview: on/);
  assert.deepEqual(new Set(laptop.pushed.map(body => body.length).slice(1)), new Set([1024 + 103]));
  assert.deepEqual(new Set(safari.pushed.map(body => body.length).slice(1)), new Set([2048 + 103]));

  assert.ok(Buffer.concat(passed).includes('"preview":"'), 'the search saw the batches');
  assert.ok(log.join('').includes('badge-published'), 'the search saw the log');
  assertNowhere([marker], {
    places: {
      'what passes between proxy, devices’ registration and relay': Buffer.concat(passed),
      'what its service gave the laptop': Buffer.concat(laptop.pushed),
      'what its service gave Safari': Buffer.concat(safari.pushed),
      'what APNs got': JSON.stringify([iPhone.device.shown, plain.device.shown]),
      'the logs': log.join(''),
      why: why,
    },
    folder,
  });

  // Turned off: the same device subscribes again without.
  await laptopApp.turnOn(anna, laptop.receiver, { wishes: { previews: false } });
  mailboxes.append(anna, { from, subject: `after ${marker}` });
  await until('the laptop shows the next', () => laptop.device.badge === 1);
  assert.equal(laptop.device.preview, undefined);
  assert.equal(laptop.pushed.at(-1)?.length, 256 + 103);
});

test('hostile senders and subjects arrive as one harmless line, each push as long as the others', async t => {
  await using premises = await startPremises(t);
  const { mailboxes } = premises;
  const phone = premises.phone();
  const laptop = await premises.webDevice();
  await turnOn(premises.app('anna-phone'), phone.receiver, { [anna]: { previews: true } });
  await turnOn(premises.app('anna-laptop'), laptop.receiver, { [anna]: { previews: true } });
  await until('both show 0', () => phone.device.badges.length > 0 && laptop.device.badges.length > 0);
  const family = '👨‍👩‍👧‍👦';
  const subjects: [string, string | RegExp][] = [
    ['x'.repeat(1000), /^x{390,}…$/],
    [`\u202Efdp.exe ${'"'.repeat(1000)}`, /^fdp\.exe "+…$/],
    [family.repeat(100), new RegExp(`^(?:${family}){10,}…$`, 'u')],
    ['before\u0000after\r\nBcc: everybody', 'before after Bcc: everybody'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ];
  for (const [index, [subject, expected]] of subjects.entries()) {
    mailboxes.append(anna, { from: `${'"'.repeat(500)} <mallory@example.com>`, subject });
    await until(`both show ${index + 1}`, () =>
      [phone, laptop].every(({ device }) => device.badge === index + 1),
    );
    for (const text of [phone.device.alerts.at(-1)?.body, laptop.device.preview?.subject]) {
      if (typeof expected === 'string') assert.equal(text, expected);
      else assert.match(text ?? '', expected);
    }
  }
  assert.deepEqual(new Set(laptop.pushed.slice(1).map(body => body.length)), new Set([1024 + 103]));
  const previews = phone.device.shown.map(({ payload }) => payload as { mailbadge?: { preview?: string } });
  assert.equal(previews.at(-1)?.mailbadge?.preview?.length, Math.ceil(((1024 + 103) * 4) / 3));
});
