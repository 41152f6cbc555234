// The mail server goes away, comes back, and changes its mind about a password. No badge is lost over it, each trouble
// is told with what to do, and what mends it acts without a restart of the proxy.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoApp, runCommand } from '../../src/demo/system.ts';
import { SimulatedApp } from '../../src/simulators/simulated-app.ts';
import { nativeReceiver, turnOnDevice, untilShown } from '../fixtures/devices.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { startProcesses } from '../fixtures/process-system.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();

test('the mail server', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbm-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using dovecot = await Dovecot.start({ users: ['alice', 'bob'] });
  await using system = await startProcesses({
    folder,
    source: { kind: 'imap', ...dovecot.imaps },
  });
  const { proxy, proxyUrl, proxyConfigFile } = system;
  const signInOf = (user: string) => ({ user, password: dovecotPassword });
  const ofAlice = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), signInOf('alice'));
  const ofBob = await turnOnDevice(system, 'bob-phone', nativeReceiver(system), signInOf('bob'));
  const show = (alice: number, bob: number, what: string) =>
    untilShown(
      [
        [ofAlice, alice],
        [ofBob, bob],
      ],
      what,
    );
  const mailbox = async (name: string): Promise<{ state: string; detail: string | null } | undefined> => {
    const listed = await runCommand('proxy', 'mailbox', 'list', '--json', '--config', proxyConfigFile);
    const { mailboxes } = JSON.parse(listed) as {
      mailboxes: { mailbox: string; state: string; detail: string | null }[];
    };
    return mailboxes.find(row => row.mailbox === name);
  };
  await dovecot.deliver('alice');
  await show(1, 0, 'before anything happens');

  await t.test('is away when the proxy starts', async () => {
    await dovecot.deliver('alice');
    await show(2, 0, 'still there');
    await proxy.stop();
    await dovecot.stop();
    await proxy.start();
    const fault = await proxy.untilFault(
      'mail-server-unreachable',
      /^2 of 2 subscribed mailboxes are unreachable: .*ECONNREFUSED/, // one after the other
    );
    assert.match(fault.hint ?? '', /the proxy keeps trying/);
    const stranger = new SimulatedApp({ proxyUrl, appId: demoApp, installationId: 'stranger-phone' });
    await assert.rejects(stranger.signIn('alice', dovecotPassword), { code: 'mail-server-unreachable' });

    await dovecot.restart();
    await dovecot.deliver('bob');
    await show(2, 1, 'it came back');
    await proxy.untilHealthy();
  });

  await t.test('is restarted', async () => {
    await dovecot.restart();
    await dovecot.deliver('alice');
    await dovecot.deliver('bob');
    await show(3, 2, 'both are watched again');
  });

  await t.test('has another password for one mailbox', async () => {
    await dovecot.setUser('alice', 'the-new-password');
    await dovecot.restart(); // ends what was signed in with the old one
    const refused = await until('the mailbox is refused', async () => {
      const found = await mailbox('alice');
      return found?.state === 'refused' ? found : undefined;
    });
    assert.match(refused.detail ?? '', /refuse|authenti/i);
    await dovecot.deliver('alice');
    await dovecot.deliver('bob');
    await show(3, 3, 'the other mailbox goes on; nothing is guessed about the refused one');
    await assert.rejects(ofAlice.app.signIn('alice', dovecotPassword), { code: 'sign-in-refused' });

    await ofAlice.app.signIn('alice', 'the-new-password');
    await show(4, 3, 'signing in again mends it');
    await until('it is watched', async () => (await mailbox('alice'))?.state === 'watched');
    const [device] = await ofAlice.app.listDevices('alice');
    assert.equal(device?.subscriptions[0]?.endedReason ?? null, null, 'the subscription outlived it');
  });
});
