// A preview on Android, from a message in a real Dovecot to the app's own notification: opened by the steps that the
// guide for apps tells, with a private key that never left the device. Everything before the device is searched for
// the words of the message: what passes between proxy and relay, what FCM gets and keeps, the databases, the logs.

import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { previewPayloadSchema } from '../../src/contract/badge-payload.ts';
import { freePort } from '../../src/demo/free-ports.ts';
import { demoApp, startSystem } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { FcmSimulator } from '../../src/simulators/fcm/fcm-simulator.ts';
import { SimulatedApp } from '../../src/simulators/simulated-app.ts';
import { openAsDocumented } from '../fixtures/documented-decryption.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { TcpLink } from '../fixtures/tcp-link.ts';
import { patiently, until } from '../fixtures/until.ts';
import { assertNowhere } from '../fixtures/words-nowhere.ts';

/** In every subject, so that a search finds what should not be there. */
const marker = 'ZqAndroid';
const sender = 'contoso.com';

const missing = dovecotUnavailable();

test('a preview is read on the phone, and nowhere before it', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const passed: Buffer[] = [];
  const log: string[] = [];
  const logger = (name: string) =>
    createLogger({ name, level: 'debug', destination: { write: line => void log.push(line) } });
  await using dovecot = await Dovecot.start({ users: ['alice'] });
  await using fcm = await FcmSimulator.start({ clock: new SystemClock() });
  await using link = await TcpLink.start({ onBytes: bytes => passed.push(bytes) });
  link.target = await freePort();
  await using system = await startSystem({
    folder,
    source: {
      kind: 'imap',
      ...dovecot.imaps,
    },
    fcm,
    relay: {
      issuer: `http://localhost:${link.port}`,
      listen: { host: '127.0.0.1', port: link.target },
    },
    proxyLogger: logger('proxy'),
    relayLogger: logger('relay'),
  });

  const keyPair = createECDH('prime256v1');
  keyPair.generateKeys();
  const auth = randomBytes(16);
  const phone = fcm.registerDevice();
  const receiver = {
    target: { provider: 'fcm', token: phone.token },
    previewKeys: { p256dh: keyPair.getPublicKey('base64url'), auth: auth.toString('base64url') },
    waitForCode: (options: { signal?: AbortSignal }) => phone.waitForCode(options),
  } as const;
  const app = new SimulatedApp({
    proxyUrl: system.proxyUrl,
    appId: demoApp,
    installationId: 'alice-android',
  });
  await app.signIn('alice', dovecotPassword);
  const { iconId } = await app.turnOn('alice', receiver, { wishes: { previews: true }, ...patiently() });
  const shows = (badge: number) =>
    until(`the icon shows ${badge}`, () => phone.badges.length > 0 && phone.badge === badge, {
      seen: () => phone.badges,
    });
  await shows(0);

  const subjects = [`Lunch ${marker}?`, `=?utf-8?B?${Buffer.from(`午饭 ${marker}`).toString('base64')}?=`];
  for (const [index, subject] of subjects.entries()) {
    await dovecot.deliver('alice', subject);
    await shows(index + 1);
  }
  const previews = phone.received.flatMap(({ data }) => data['preview'] ?? []);
  const privateKey = keyPair.getPrivateKey();
  const opened = previews.map(preview => {
    const body = Buffer.from(preview, 'base64url');
    return previewPayloadSchema.parse(
      JSON.parse(openAsDocumented(body, { privateKey, auth }, 'kotlin').toString()),
    );
  });
  assert.deepEqual(
    [...new Set(opened.map(({ preview }) => `${preview.mailbox} ${preview.from} ${preview.subject}`))],
    [`alice sender@${sender} Lunch ${marker}?`, `alice sender@${sender} 午饭 ${marker}`],
    'a badge may be published twice, if nobody knows what became of it',
  );
  assert.ok(opened.every(({ subscription }) => subscription === iconId));
  assert.equal(new Set(previews.map(({ length }) => length)).size, 1, 'each is as long as the others');

  const why = await system.run('proxy', 'why', iconId, '--config', system.proxyConfigFile);
  assert.ok(Buffer.concat(passed).includes('"preview":"'), 'the search saw the batches');
  assert.ok(log.join('').includes('badge-published'), 'the search saw the log');
  assertNowhere([marker, sender], {
    places: {
      'what passes between proxy, devices’ registration and relay': Buffer.concat(passed),
      'what FCM got': JSON.stringify(phone.received),
      'the logs': log.join(''),
      why: why,
    },
    folder,
  });
});
