// Processes that stop for a while and go on as if nothing had been (SIGSTOP, SIGCONT: a paused virtual machine, a
// starved host), and two proxies on one database. A relay that wakes up starts nothing after notAfter; a proxy that
// wakes up to find another in its place writes nothing and ends.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishLimits } from '../../src/contract/publishing.ts';
import { freePort } from '../../src/demo/free-ports.ts';
import { nativeReceiver, turnOnDevice, untilShown, webReceiver } from '../fixtures/devices.ts';
import { Dovecot, dovecotMaster, dovecotPassword, dovecotUnavailable } from '../fixtures/dovecot.ts';
import { proxyProcess, startProcesses, writeConfiguration } from '../fixtures/process-system.ts';
import { isLocked } from '../fixtures/stored-icons.ts';
import { until } from '../fixtures/until.ts';

const missing = dovecotUnavailable();
const alice = { user: 'alice', password: dovecotPassword };
/** A frozen process sees time pass only by the clock: there is no event to wait for. */
const pastNotAfterMs = publishLimits.notAfterAheadMs + 1000;

test('frozen and thawed', { skip: missing ?? false }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbf-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using dovecot = await Dovecot.start({ users: ['alice'] });
  await using system = await startProcesses({
    folder,
    source: {
      kind: 'imap',
      ...dovecot.imaps,
      master: dovecotMaster,
    },
  });
  const { apns, webPush, proxy, relay, configurations } = system;
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
  await proxy.stop();
  const { relay: settings } = configurations.proxy;
  writeConfiguration(system.proxyConfigFile, {
    ...configurations.proxy,
    relay: { ...settings, timeout: '3s' }, // from now on: devices are told of a relay that is slow, and do not retry
  });
  await proxy.start();
  await dovecot.deliver('alice');
  await bothShow(1, 'before anything freezes');

  await t.test('the proxy, in the middle of a batch, across notAfter', async () => {
    apns.inject({ kind: 'slow', delayMs: 500 });
    webPush.inject({ kind: 'slow', delayMs: 500 });
    await dovecot.deliver('alice');
    await until('both pushes are under way', () => apns.pendingFaults + webPush.pendingFaults === 0);
    await proxy.freeze();
    await dovecot.deliver('alice');
    await sleep(pastNotAfterMs);
    await bothShow(2, 'the relay did what it had begun');
    proxy.thaw();
    await bothShow(3, 'the proxy went on');
  });

  await t.test('the relay, for longer than the proxy waits', async () => {
    await relay.freeze();
    const frozenAt = Date.now();
    await dovecot.deliver('alice');
    await dovecot.deliver('alice');
    const unavailable = await proxy.untilLogged(
      'the proxy gives up waiting',
      ({ msg, time }) => msg === 'relay-unavailable' && Date.parse(String(time)) > frozenAt,
    );
    assert.equal(unavailable['end'], 'broken', 'what the relay did is not known');
    const published = proxy.records.filter(
      ({ msg, time }) => msg === 'badge-published' && Date.parse(String(time)) > frozenAt,
    );
    const late = published.map(({ badge }) => Number(badge));
    await dovecot.deliver('alice'); // so that what the relay was told is no longer true
    await sleep(pastNotAfterMs); // it was told `late` before the proxy gave up
    relay.thaw();
    await bothShow(6, 'the relay is back');
    for (const badge of late) {
      assert.ok(badge < 6);
      assert.ok(!phone.badges().includes(badge), 'the relay started something after notAfter');
      assert.ok(!laptop.badges().includes(badge), 'the relay started something after notAfter');
    }
  });

  await t.test('the same command again: it is refused, and the proxy that runs goes on', async () => {
    const again = proxyProcess(configurations.proxy, system.proxyConfigFile);
    again.spawn();
    assert.deepEqual(await again.exited, { code: 1, signal: null });
    assert.match(again.messages, /^mailbadge: error: cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE$/m);
    assert.match(again.messages, /^mailbadge: hint: another program uses it: end that one/m);
    await dovecot.deliver('alice');
    await bothShow(7, 'the first proxy is undisturbed');
    assert.ok(proxy.running);
  });

  await t.test('a proxy that wakes up to find another in its place', async () => {
    await until('it is frozen between two transactions', async () => {
      await proxy.freeze();
      if (!isLocked(configurations.proxy.database.path)) return true;
      proxy.thaw();
      return false;
    });
    const metrics = { host: '127.0.0.1', port: await freePort() };
    const successorConfig = {
      ...configurations.proxy,
      listen: { host: '127.0.0.1', port: await freePort() },
      metrics,
    };
    await using successor = proxyProcess(
      { metrics },
      writeConfiguration(join(folder, 'successor.yaml'), successorConfig),
    );
    await successor.start();
    await dovecot.deliver('alice');
    await bothShow(8, 'the successor publishes');

    proxy.thaw();
    assert.deepEqual(await proxy.exited, { code: 3, signal: null });
    assert.match(proxy.messages, /^mailbadge: error: another process of this proxy has taken over$/m);
    assert.match(
      proxy.messages,
      /^mailbadge: hint: run one "mailbadge proxy serve" per database; this one stops$/m,
    );
    await dovecot.deliver('alice');
    await bothShow(9, 'the successor goes on');
    assert.deepEqual(await successor.stop(), { code: 0, signal: null });
  });
});
