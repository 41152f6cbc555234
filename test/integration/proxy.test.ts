// The proxy as a whole, with a mail server in memory and a relay that accepts everything: the way of a badge, what
// another process changed, and another process taking over.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { SimulatedSource } from '../../src/demo/simulated-source.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { RelayPort } from '../../src/proxy/publisher/relay-port.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { SimulatedMailboxes } from '../../src/simulators/mail-server/simulated-mailboxes.ts';
import { SimulatedApp } from '../../src/simulators/simulated-app.ts';
import { appId, RememberingRelay } from '../fixtures/device-api.ts';
import { storeEnabledAt } from '../fixtures/enabled-proxy.ts';
import { patienceMs } from '../fixtures/until.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const run = promisify(execFile);
const clock = new SystemClock();
const anna = 'anna@fabrikam.com';
const installationId = 'anna-phone-1';

/** Accepts every notification; remembers the badges. */
class AcceptingRelay implements RelayPort {
  readonly badges: number[] = [];
  #waiting: { badge: number; resolve: () => void }[] = [];

  relayNow(): number {
    return clock.now();
  }

  async publish(
    { notifications }: Parameters<RelayPort['publish']>[0],
    { onResult }: Parameters<RelayPort['publish']>[1],
  ) {
    for (const { id, badge } of notifications) {
      onResult({ id, outcome: 'accepted', providerId: id });
      this.badges.push(badge);
      for (const waiting of this.#waiting) if (waiting.badge === badge) waiting.resolve();
    }
    return { kind: 'answered' as const };
  }

  async accepted(badge: number): Promise<void> {
    if (this.badges.at(-1) === badge) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ badge, resolve });
    const deadline = clock.after(patienceMs, () =>
      reject(new Error(`no badge ${badge} within ${patienceMs} ms; there were ${this.badges.join(', ')}`)),
    );
    await promise.finally(() => deadline.cancel());
  }
}

async function startProxy(folder: string, relay: AcceptingRelay, mailboxes: SimulatedMailboxes) {
  const raw = {
    database: { path: join(folder, 'proxy.db') },
    key_file: join(folder, 'proxy.key'),
    listen: { port: 0 },
    metrics: { port: 0 },
    public_url: 'https://push.fabrikam.com',
    mailboxes: { source: { kind: 'imap', host: '127.0.0.1', port: 1, security: 'none' } },
  };
  const configFile = join(folder, 'proxy.yml');
  writeFileSync(configFile, JSON.stringify(raw));
  const tickets = new RememberingRelay();
  const proxy = createProxy(parseProxyConfig(raw), {
    clock,
    logger: silentLogger,
    source: new SimulatedSource({ mailboxes, clock, random: systemRandom }),
    relay: { port: relay, forDevices: tickets.forDevices },
  });
  await storeEnabledAt(join(folder, 'proxy.db'));
  await proxy.start();
  const app = new SimulatedApp({
    proxyUrl: `http://127.0.0.1:${proxy.ports.devices}`,
    appId,
    installationId,
  });
  return { configFile, proxy, app, sealedTarget: tickets.seal(installationId) };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mailServer(): SimulatedMailboxes {
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open(anna, { password: 'correct horse' });
  return mailboxes;
}

test('badges follow the mailbox up and down; what another process ends is published', () =>
  withFolder(async folder => {
    const relay = new AcceptingRelay();
    const mailboxes = mailServer();
    const { configFile, proxy, app, sealedTarget } = await startProxy(folder, relay, mailboxes);
    await using _ = proxy;
    await app.signIn(anna, 'correct horse');
    const { id, iconId } = await app.subscribe(anna, sealedTarget);
    await relay.accepted(0);
    const uid = mailboxes.append(anna, { from: 'ben', subject: 'one' });
    await relay.accepted(1);
    mailboxes.append(anna, { from: 'ben', subject: 'two' });
    await relay.accepted(2);
    mailboxes.setSeen(anna, uid, true);
    await relay.accepted(1);
    assert.equal((await app.open(anna, iconId, 1)).badge, 1);

    // By a process of its own, as an administrator does.
    await run(process.execPath, [main, 'proxy', 'subscription', 'end', '--config', configFile, '--', id]);
    await relay.accepted(0);
  }));

test('what changed while the proxy was down is right after its start', () =>
  withFolder(async folder => {
    const relay = new AcceptingRelay();
    const mailboxes = mailServer();
    {
      const { proxy, app, sealedTarget } = await startProxy(folder, relay, mailboxes);
      await using _ = proxy;
      await app.signIn(anna, 'correct horse');
      await app.subscribe(anna, sealedTarget);
      await relay.accepted(0);
    }
    mailboxes.append(anna, { from: 'ben', subject: 'while it was down' });
    const { proxy } = await startProxy(folder, relay, mailboxes);
    await using _ = proxy;
    await relay.accepted(1);
  }));

test('a proxy whose database another process took over publishes nothing more, and says why', () =>
  withFolder(async folder => {
    const relay = new AcceptingRelay();
    const mailboxes = mailServer();
    const { proxy, app, sealedTarget, configFile } = await startProxy(folder, relay, mailboxes);
    await using _ = proxy;
    await app.signIn(anna, 'correct horse');
    await app.subscribe(anna, sealedTarget);
    await relay.accepted(0);
    const newer = spawn(process.execPath, [main, 'proxy', 'serve', '--config', configFile], {
      stdio: 'ignore',
      timeout: patienceMs,
    });
    const ended = once(newer, 'exit');
    await assert.rejects(proxy.failed, { code: 'proxy-taken-over' });
    mailboxes.append(anna, { from: 'ben', subject: 'one' });
    newer.kill('SIGTERM');
    await ended;
    assert.deepEqual([...new Set(relay.badges)], [0]);
  }));
