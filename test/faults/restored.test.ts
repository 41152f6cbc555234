// A proxy on a database of some time ago: restored from a backup, after its devices were shown what the backup does not
// know. The counts are what the backup holds, so nothing but the gap itself tells that the badges are wrong.

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { startProcesses } from '../fixtures/process-system.ts';
import { storedIcons, untilSettled } from '../fixtures/stored-icons.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };

test('a database restored from a backup', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbr-'));
  chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'notify.sock');
  await using dovecot = await Dovecot.start({ users: ['alice'], notify: { path: socket } });
  await using system = await startProcesses({
    folder,
    source: dovecot.eventSource(socket),
  });
  const { proxy } = system;
  const { path } = system.configurations.proxy.database;
  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
  const bothShow = async (badge: number, what: string): Promise<void> => {
    const expected = [
      [phone, badge],
      [laptop, badge],
    ] as const;
    await untilShown(expected, what);
    await untilSettled(path);
  };
  await dovecot.deliver('alice');
  await bothShow(1, 'when the backup is made');
  await proxy.stop();
  const backup = join(folder, 'backup.db');
  copyFileSync(path, backup);
  age(backup);

  await proxy.start();
  await dovecot.deliver('alice');
  await bothShow(2, 'what the backup does not know');
  await proxy.kill9();
  const revs = (await storedIcons(path)).map(({ rev }) => rev);
  for (const leftover of ['-wal', '-shm']) rmSync(`${path}${leftover}`, { force: true });
  copyFileSync(backup, path);
  using client = await dovecot.signIn('alice');
  await client.select();
  await client.markSeen('1');

  await proxy.start();
  await bothShow(1, 'as many as in the backup, and other than what is shown');
  const after = await storedIcons(path);
  assert.equal(after.length, 2);
  for (const { rev } of after) assert.ok(rev > Math.max(...revs), 'devices take it for newer');
});

/** Makes the backup an hour old: no repetition is pending any more. */
function age(backup: string): void {
  using database = new DatabaseSync(backup);
  database.exec('UPDATE node SET seen_at = seen_at - 3600000; UPDATE icon SET repeat_at = NULL');
}
