// What an operator relies on while badges flow: one trace id from the mailbox's event to the provider's answer, and keys
// that can be rotated under the running relay without any device noticing.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { type System, startSystem } from '../../src/demo/system.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { until } from '../fixtures/until.ts';

const anna = { user: 'anna@fabrikam.com', password: 'correct horse' };

type LogRecord = { msg: string; traceId?: string; [field: string]: unknown };

async function start(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-operator-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open(anna.user, { password: anna.password });
  const logs: Record<'proxy' | 'relay', LogRecord[]> = { proxy: [], relay: [] };
  const loggerOf = (name: 'proxy' | 'relay') =>
    createLogger({
      name,
      level: 'debug',
      destination: { write: line => void logs[name].push(JSON.parse(line)) },
    });
  const system = await startSystem({
    folder,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    proxyLogger: loggerOf('proxy'),
    relayLogger: loggerOf('relay'),
  });
  t.after(() => system[Symbol.asyncDispose]());
  const mail = (): void => void mailboxes.append(anna.user, { from: 'ben', subject: 'hello' });
  return { system, folder, mail, logs };
}

async function sealKeys(folder: string): Promise<string[]> {
  await using database = openDatabase<ProxySchema>(
    { path: join(folder, 'proxy.db') },
    { clock: new SystemClock() },
  );
  const icons = await database.db.selectFrom('icon').select('sealed_target').execute();
  return icons.map(icon => icon.sealed_target.split('.')[1] ?? '');
}

async function ringOf(system: System): Promise<{ id: string; retiredAt: number | null }[]> {
  const text = await system.run(
    'relay',
    'key',
    'rotate',
    'seal',
    '--json',
    '--config',
    system.relayConfigFile,
  );
  return (JSON.parse(text) as { keys: { id: string; retiredAt: number | null }[] }).keys;
}

test('one trace id leads from the mailbox’s event to the provider’s answer, and no log holds a secret', async t => {
  const { system, mail, logs } = await start(t);
  const native = nativeReceiver(system);
  const web = await webReceiver(system);
  const phone = await turnOnDevice(system, 'operator-phone', native, anna);
  const laptop = await turnOnDevice(system, 'operator-laptop', web, anna);
  await untilShown(
    [
      [phone, 0],
      [laptop, 0],
    ],
    'nothing unseen',
  );
  logs.proxy.length = 0;
  logs.relay.length = 0;
  const acceptedByApns: string[] = [];
  t.after(system.apns.onEvent(event => event.type === 'accepted' && acceptedByApns.push(event.apnsId)));
  mail();
  await untilShown(
    [
      [phone, 1],
      [laptop, 1],
    ],
    'one unseen',
  );

  const counted = logs.proxy.find(record => record.msg === 'mailbox-counted' && record['unseen'] === 1);
  assert.ok(counted?.traceId !== undefined, 'the proxy logs the count with its trace');
  const delivered = () =>
    logs.relay.filter(record => record.traceId === counted.traceId && record['outcome'] === 'accepted');
  await until('the relay knows both answers', () => delivered().length === 2, { seen: () => logs.relay });
  const published = () =>
    logs.proxy.filter(record => record.msg === 'badge-published' && record.traceId === counted.traceId);
  await until('the proxy knows them, too', () => published().length === 2, { seen: () => logs.proxy });
  const toApns = delivered().find(record => record['provider'] === 'apns');
  assert.ok(
    acceptedByApns.includes(String(toApns?.['providerId'])),
    'the relay logs the id by which Apple knows the push',
  );

  const everything = JSON.stringify(logs);
  for (const [what, secret] of Object.entries({
    'the APNs token': native.device.token,
    'the Web Push endpoint': web.device.token,
    'the Web Push auth secret': web.device.keys.auth,
    'the password': anna.password,
    'a sealed target': 'mbt1.',
  })) {
    assert.equal(everything.includes(secret), false, `${what} stands in a log`);
  }
});

test('the seal key is rotated under the running relay: badges go on, and the proxy takes the new seals', async t => {
  const { system, folder, mail } = await start(t);
  const phone = await turnOnDevice(system, 'operator-phone', nativeReceiver(system), anna);
  await untilShown([[phone, 0]], 'nothing unseen');
  const [before] = await sealKeys(folder);
  const ring = await ringOf(system);
  assert.equal(ring.length, 2);
  const [newest, older] = ring;
  assert.equal(older?.id, before);
  assert.ok(older?.retiredAt !== null && newest?.retiredAt === null);
  let unseen = 0;
  await until('the proxy has a seal of the new key', async () => {
    if ((await sealKeys(folder))[0] === newest?.id) return true;
    mail(); // an answer to the next publishing brings it
    unseen += 1;
    await untilShown([[phone, unseen]], 'badges go on');
    return false;
  });
});
