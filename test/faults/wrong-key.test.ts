// The relay's operator installs a wrong APNs key: the app's breaker opens with one loud alarm, nobody's subscription
// ends, other providers go on, and once the key is right every badge is, without anybody's help.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSigningKey } from '../../src/simulators/apns/provider-tokens.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { startProcesses } from '../fixtures/process-system.ts';
import { storedIcons } from '../fixtures/stored-icons.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };
const bob = { user: 'bob', password: dovecotPassword };

test('a wrong APNs key', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbw-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using dovecot = await Dovecot.start({ users: ['alice', 'bob'] });
  await using system = await startProcesses({
    folder,
    source: {
      kind: 'imap',
      ...dovecot.imaps,
      master: dovecotMaster,
    },
  });
  const { apns, relay, configurations } = system;
  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
  const otherPhone = await turnOnDevice(system, 'bob-phone', nativeReceiver(system), bob);
  const keyFile = join(folder, 'apns.p8');
  const useKey = async (privateKeyPem: string): Promise<void> => {
    await relay.stop();
    writeFileSync(keyFile, privateKeyPem, { mode: 0o600 });
    await relay.start();
  };

  const { keyId, teamId } = apns.signingKey;
  await useKey(createSigningKey({ keyId, teamId }).privateKeyPem);
  await dovecot.deliver('alice');
  await dovecot.deliver('bob');
  await untilShown([[laptop, 1]], 'the Web Push service has nothing to do with it');
  const icons = async () => (await storedIcons(configurations.proxy.database.path)).filter(isNative);
  await until('both wait', async () =>
    (await icons()).every(icon => icon.last_outcome === 'app-misconfigured'),
  );
  await relay.untilLogged('the alarm', ({ level }) => level === 'error');
  const alarms = relay.records.filter(({ level }) => level === 'error');
  assert.equal(alarms.length, 1, 'one alarm, loud');
  assert.match(JSON.stringify(alarms[0]), /InvalidProviderToken/);
  assert.deepEqual(
    (await icons()).map(({ ended_at, paused_at }) => [ended_at, paused_at]),
    [
      [null, null],
      [null, null],
    ],
  );
  assert.deepEqual([phone.badge(), otherPhone.badge()], [0, 0]);

  await useKey(apns.signingKey.privateKeyPem);
  await untilShown(
    [
      [phone, 1],
      [otherPhone, 1],
    ],
    'the key is right again, and the minute over',
  );
});

function isNative({ provider }: { provider: string }): boolean {
  return provider === 'apns';
}
