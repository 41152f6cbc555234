// kill -9 of proxy and relay in the middle of a batch, when providers have the pushes and nobody has their answers; and
// a proxy that Dovecot's events did not reach.
// What must hold (ARCHITECTURE.md, R4): the attempts outlive the process, nobody repeats one before notAfter + 10 s,
// and then the badge is the mailbox's count, without anybody's help.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { type ProcessSystem, startProcesses } from '../fixtures/process-system.ts';
import { storedIcons, untilSettled } from '../fixtures/stored-icons.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };
/** A slow machine may take this much longer than the rule says. */
const marginMs = 60_000;

test('killed in the middle of a batch', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbk-'));
  chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'notify.sock');
  await using dovecot = await Dovecot.start({ users: ['alice'], notify: { path: socket } });
  await using system = await startProcesses({
    folder,
    source: dovecot.eventSource(socket),
  });
  const { apns, webPush, proxy, relay } = system;
  const databasePath = system.configurations.proxy.database.path;
  const phone = await turnOnDevice(system, 'alice-phone', nativeReceiver(system), alice);
  const laptop = await turnOnDevice(system, 'alice-laptop', await webReceiver(system), alice);
  const bothShow = (badge: number, what: string) =>
    untilShown(
      [
        [phone, badge],
        [laptop, badge],
      ],
      what,
    );
  await dovecot.deliver('alice');
  await bothShow(1, 'before anything dies');

  /** A message whose pushes are under way: APNs has taken its own, the Web Push service has not; neither answers. */
  const deliverIntoSilence = async (): Promise<void> => {
    apns.inject({ kind: 'stall', accept: true });
    webPush.inject({ kind: 'stall', accept: false });
    await dovecot.deliver('alice');
    await until('both pushes are under way', () => apns.pendingFaults + webPush.pendingFaults === 0);
  };
  /** The attempts as the database has them, all of them open. */
  const openAttempts = async (badge: number): Promise<number> => {
    const icons = await storedIcons(databasePath);
    assert.equal(icons.length, 2);
    for (const { attempt_id, attempt_badge, shown } of icons) {
      assert.ok(attempt_id !== null && attempt_badge === badge, 'the attempt is in the database');
      assert.equal(shown, null, 'and nobody believes to know what the icon shows');
    }
    return Math.min(...icons.map(icon => icon.attempt_blocks_until ?? 0));
  };

  await t.test('the proxy', async () => {
    await deliverIntoSilence();
    await proxy.kill9();
    const blocksUntil = await openAttempts(2);
    await dovecot.deliver('alice'); // nobody watches
    using accepts = acceptTimes(system);
    await proxy.start();
    await bothShow(3, 'the proxy is back');
    const early = accepts.times.filter(at => at < blocksUntil);
    assert.deepEqual(
      early,
      [],
      'an attempt of unknown outcome was repeated before nobody could start it any more',
    );
    assert.ok(Math.max(...accepts.times) < blocksUntil + marginMs);
  });

  await t.test('the relay', async () => {
    await deliverIntoSilence();
    await relay.kill9();
    await dovecot.deliver('alice');
    const unavailable = await proxy.untilLogged(
      'the proxy says it',
      ({ msg }) => msg === 'relay-unavailable',
    );
    assert.equal(unavailable['end'], 'broken');
    const blocksUntil = await openAttempts(4);
    using accepts = acceptTimes(system);
    await relay.start();
    await bothShow(5, 'the relay is back');
    assert.deepEqual(
      accepts.times.filter(at => at < blocksUntil),
      [],
    );
    assert.ok(Math.max(...accepts.times) < blocksUntil + marginMs);
  });

  await t.test('both, and the proxy comes back first', async () => {
    await untilSettled(databasePath);
    await Promise.all([relay.kill9(), proxy.kill9()]);
    using client = await dovecot.signIn('alice');
    await client.select();
    await client.markSeen('1:4');
    await proxy.start();
    const { hint } = await proxy.untilFault('relay-unreachable', /does not answer: .*ECONNREFUSED/);
    assert.match(hint ?? '', /the proxy keeps trying/);
    await relay.start();
    await bothShow(1, 'the relay came later');
    await proxy.untilHealthy();
  });

  await t.test('the proxy stood still, and the mail server gave up telling it', async () => {
    await proxy.freeze();
    await dovecot.deliver('alice'); // each waits as long as Dovecot has patience with its listener
    await dovecot.deliver('alice');
    proxy.thaw();
    await bothShow(3, 'the proxy went on');
  });
});

/** When each badge was accepted by APNs or the Web Push service, from now on. */
function acceptTimes({ apns, webPush }: ProcessSystem): { times: number[] } & Disposable {
  const times: number[] = [];
  const note = ({ type, at }: { type: string; at: number }): void => {
    if (type === 'accepted') times.push(at);
  };
  const stops = [apns.onEvent(note), webPush.onEvent(note)];
  return {
    times,
    [Symbol.dispose]() {
      for (const stop of stops) stop();
    },
  };
}
