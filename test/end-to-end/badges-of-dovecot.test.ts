// The main job on real input: a real Dovecot, the real proxy and relay, trust by the real commands. Each kind of change
// that a person's other programs make leads to the right badge on three devices of two kinds, for both mail sources.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { startSystem } from '../../src/demo/system.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };
const bob = { user: 'bob', password: dovecotPassword };

type Source = {
  name: string;
  notify: boolean;
  config(dovecot: Dovecot, folder: string): Record<string, unknown>;
};

const sources: Source[] = [
  {
    name: 'Dovecot events',
    notify: true,
    config: (dovecot, folder) => dovecot.eventSource(socketPath(folder)),
  },
  {
    name: "IMAP with each mailbox's own password",
    notify: false,
    config: dovecot => ({ kind: 'imap', ...dovecot.imaps }),
  },
  {
    name: 'IMAP as master user',
    notify: false,
    config: dovecot => ({ kind: 'imap', ...dovecot.imaps, master: dovecotMaster }),
  },
];

function socketPath(folder: string): string {
  return join(folder, 'notify.sock');
}

for (const { name, notify, config } of sources) {
  test(`badges follow the mailbox: ${name}`, { skip: missing ?? false }, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'mbe-'));
    chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await using dovecot = await Dovecot.start({
      users: ['alice', 'bob'],
      ...(notify ? { notify: { path: socketPath(folder) } } : {}),
    });
    await dovecot.deliver('alice', 'there before anything was watched');
    await using system = await startSystem({ folder, source: config(dovecot, folder) });

    const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
    const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
    const both = await turnOnDevice(system, 'both-mailboxes', nativeReceiver(system), alice, bob);
    const expect = (ofAlice: number, ofBob: number, what: string) =>
      untilShown(
        [
          [phone, ofAlice],
          [laptop, ofAlice],
          [both, ofAlice + ofBob],
        ],
        what,
      );
    await expect(1, 0, 'counted at the start');

    await dovecot.deliver('alice');
    await expect(2, 0, 'delivered by LMTP');
    await dovecot.deliver('bob');
    await dovecot.deliver('bob');
    await expect(2, 2, 'two mailboxes on one icon');

    using client = await dovecot.signIn('alice');
    await client.create('Archive');
    await client.select();
    await client.markSeen('1:*');
    await expect(0, 2, 'read elsewhere');
    await client.markUnseen('1');
    await expect(1, 2, 'marked unread elsewhere');
    await client.append();
    await client.append();
    await expect(3, 2, 'appended unseen');
    await client.move('1', 'Archive');
    await expect(2, 2, 'moved away');
    await client.expunge('1:*');
    await expect(0, 2, 'all expunged or read');
    await client.append();
    await expect(1, 2, 'appended once more');

    await phone.app.removeDevice('alice', 'both-mailboxes');
    await untilShown([[both, 2]], "a removed device loses that mailbox's share");
  });
}
