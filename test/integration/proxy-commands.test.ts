// The commands of the proxy as processes, beside a proxy that runs on the same database.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startDeviceApi } from '../fixtures/device-api.ts';
import { patienceMs } from '../fixtures/until.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const run = promisify(execFile);

function configFile(databasePath: string): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-'));
  const path = join(folder, 'proxy.yml');
  const config = {
    database: { path: databasePath },
    key_file: join(folder, 'proxy.key'),
    listen: { port: 0 },
    metrics: { port: 0 },
    public_url: 'https://push.fabrikam.com',
    mailboxes: {},
  };
  writeFileSync(path, JSON.stringify(config));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test('subscriptions are listed and ended by command, and the running proxy knows', async () => {
  await using api = await startDeviceApi({ startAt: Date.now() });
  using config = configFile(api.databasePath);
  const command = async (noun: string, verb: string, ...rest: string[]) =>
    (await run(process.execPath, [main, 'proxy', noun, verb, '--config', config.path, ...rest])).stdout;

  const session = await api.signIn('anna', 'anna-phone-1');
  const { id } = (await api.subscribe(session, 'anna-phone-1')).json;
  const listed = JSON.parse(await command('subscriptions', 'list', '--json'));
  assert.deepEqual(
    listed.subscriptions.map((subscription: { id: string }) => subscription.id),
    [id],
  );
  assert.deepEqual(JSON.parse(await command('subscriptions', 'list', '--expiring', '--json')), {
    subscriptions: [],
  });
  assert.match(await command('mailboxes', 'list'), /^Mailbox .*\nanna@fabrikam\.com .* 1/);

  await command('subscription', 'end', '--json', '--', id);
  const { json } = await api.call('GET', '/v1/devices', { session });
  assert.equal(json.devices[0].subscriptions[0].endedReason, 'unsubscribed');
  const restored = await command(
    'subscription',
    'restore',
    '--reason',
    'unsubscribed',
    '--since',
    '1h',
    '--json',
  );
  assert.deepEqual(JSON.parse(restored), { restored: 1 });
  await assert.rejects(
    command('subscription', 'end', 'nothing'),
    (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /^mailbadge: error: there is no subscription nothing\nmailbadge: hint: /);
      return true;
    },
  );
});

test('an administrator signs the devices of a mailbox out: no session works, no badge is left', async () => {
  await using api = await startDeviceApi({ startAt: Date.now() });
  using config = configFile(api.databasePath);
  const signOut = async (...rest: string[]) =>
    run(process.execPath, [main, 'proxy', 'mailbox', 'sign-out', '--config', config.path, ...rest]);
  const session = await api.signIn('anna', 'anna-phone-1');
  await api.subscribe(session, 'anna-phone-1');
  const other = await api.signIn('ben', 'bens-phone-1');

  await assert.rejects(signOut('anna@fabrikam.com'), { code: 2, stderr: /no terminal.*--force/s });
  assert.equal((await api.call('GET', '/v1/devices', { session })).status, 200);

  const { stdout } = await signOut('anna@fabrikam.com', '--force');
  assert.equal(stdout, 'anna@fabrikam.com: 1 device signed out, 1 badge ended.\n');
  const refused = await api.call('GET', '/v1/devices', { session });
  assert.deepEqual([refused.status, refused.json.code], [401, 'session-invalid']);
  assert.equal((await api.call('GET', '/v1/devices', { session: other })).status, 200);
  const again = await api.signIn('anna', 'anna-phone-1');
  const { json } = await api.call('GET', '/v1/devices', { session: again });
  assert.equal(json.devices[0].subscriptions[0].endedReason, 'revoked');

  await assert.rejects(signOut('nobody@fabrikam.com', '--force'), {
    code: 1,
    stderr: /nobody has signed in/,
  });
});

test('"proxy serve" refuses a configuration without a mail server, and a bad key file, with a hint', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-'));
  try {
    using config = configFile(join(folder, 'proxy.db'));
    const serve = () =>
      run(process.execPath, [main, 'proxy', 'serve', '--config', config.path], { timeout: patienceMs });
    await assert.rejects(serve(), (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /error: the configuration names no mail server\nmailbadge: hint: /);
      return true;
    });
    writeFileSync(join(config.path, '../proxy.key'), 'not a key');
    await assert.rejects(serve(), /is not 64 hexadecimal digits\nmailbadge: hint: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('"proxy serve" starts while mail server and relay are away, says so, and stops on SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-'));
  try {
    const path = join(folder, 'proxy.yml');
    const config = {
      database: { path: join(folder, 'proxy.db') },
      key_file: join(folder, 'proxy.key'),
      listen: { port: 0 },
      metrics: { port: 0 },
      public_url: 'https://push.fabrikam.com',
      mailboxes: { source: { kind: 'imap', host: '127.0.0.1', port: 1, security: 'none' } },
    };
    writeFileSync(path, JSON.stringify(config));
    const child = spawn(process.execPath, [main, 'proxy', 'serve', '--config', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: patienceMs,
    });
    const exit = new Promise<number | null>(resolve => child.once('exit', resolve));
    const running = Promise.withResolvers<{ devices: number; metrics: number }>();
    let log = '';
    child.stderr.on('data', chunk => {
      log += String(chunk);
      const line = /\{[^\n]*"the proxy is running"[^\n]*\}/.exec(log)?.[0];
      if (line !== undefined) running.resolve(JSON.parse(line));
    });
    void exit.then(() => running.reject(new Error(log)));
    const { devices, metrics } = await running.promise;
    const health = await fetch(`http://127.0.0.1:${metrics}/health`);
    assert.equal(health.status, 503);
    assert.match(await health.text(), /relay-not-connected/);
    const signIn = await fetch(`http://127.0.0.1:${devices}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'anna', password: 'x', installationId: 'anna-phone-1' }),
    });
    assert.equal(signIn.status, 503);
    assert.match(await signIn.text(), /mail-server-unreachable/);
    child.kill('SIGTERM');
    assert.equal(await exit, 0, log);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
