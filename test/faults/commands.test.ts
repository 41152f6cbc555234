// What an administrator can get wrong, told by the commands themselves: the exit status, one line that says what is
// wrong, one that says what to do.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../src/demo/free-ports.ts';
import { mailbadge } from '../fixtures/command.ts';
import { writeConfiguration } from '../fixtures/process-system.ts';
import { ServiceProcess } from '../fixtures/service-process.ts';
import { makeTlsCertificate } from '../fixtures/tls-certificate.ts';

async function refused(args: string[], message: RegExp, hint: RegExp): Promise<void> {
  const { status, stderr, stdout } = await mailbadge(args);
  assert.equal(status, 1, stderr);
  assert.equal(stdout, '');
  const [, error = '', advice = ''] =
    /^mailbadge: error: (.*)\nmailbadge: hint: (.*)\n$/s.exec(stderr) ?? assert.fail(stderr);
  assert.match(error, message);
  assert.match(advice, hint);
  assert.doesNotMatch(stderr, /^ +at /m, 'no stack');
}

test('configurations that cannot be', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const relay = join(folder, 'relay.yaml');
  const serveRelay = ['relay', 'serve', '--config', relay];
  await refused(serveRelay, /relay\.yaml does not exist/, /"mailbadge relay config generate"/);
  writeFileSync(relay, 'issuer: [s3cret');
  await refused(
    serveRelay,
    /^\S+relay\.yaml is not valid YAML: .+ at line 1, column \d+$/,
    /mend it at that place/,
  );
  await refused(['relay', 'serve', '--config', folder], /cannot be read: EISDIR/, /--config/);
  writeConfiguration(relay, { issuer: 'https://relay.example.com', databse: { path: 'x' } });
  await refused(serveRelay, /databse/, /database/);

  const proxy = join(folder, 'proxy.yaml');
  const serveProxy = ['proxy', 'serve', '--config', proxy];
  const good = {
    database: { path: join(folder, 'proxy.db') },
    key_file: join(folder, 'proxy.key'),
    public_url: 'https://push.fabrikam.com',
  };
  const source = { kind: 'imap', host: '127.0.0.1', port: 1 };
  writeConfiguration(proxy, {
    ...good,
    mailboxes: { source: { ...source, ca_file: join(folder, 'no.pem') } },
  });
  await refused(serveProxy, /no\.pem/, /./);
  writeConfiguration(proxy, { ...good, mailboxes: { source: { ...source, port: 'imaps' } } });
  await refused(serveProxy, /mailboxes\.source\.port/, /./);
});

test('a relay that is not trusted, a wrong code, and none at all', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const certificate = await makeTlsCertificate();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = file('relay.pem', certificate.certificatePem);
  const [port, metrics] = [await freePort(), await freePort()];
  const relayUrl = `https://localhost:${port}`;
  const relayConfig = writeConfiguration(join(folder, 'relay.yaml'), {
    issuer: relayUrl,
    listen: { host: '127.0.0.1', port },
    metrics: { host: '127.0.0.1', port: metrics },
    database: { path: join(folder, 'relay.db') },
    key_file: join(folder, 'relay.key'),
    tls: { certificate_file: ca, key_file: file('relay-tls.key', certificate.privateKeyPem) },
  });
  await using relay = new ServiceProcess({
    args: ['relay', 'serve', '--config', relayConfig],
    healthUrl: `http://127.0.0.1:${metrics}/health`,
  });
  await relay.start();

  const proxyConfig = (ofRelay: Record<string, unknown>) =>
    writeConfiguration(join(folder, 'proxy.yaml'), {
      database: { path: join(folder, 'proxy.db') },
      key_file: join(folder, 'proxy.key'),
      public_url: 'https://push.fabrikam.com',
      relay: ofRelay,
      mailboxes: {},
    });
  const setUp = (path: string, url = relayUrl) => [
    'proxy',
    'trust',
    'set-up',
    '--organization',
    'fabrikam.com',
    '--relay',
    url,
    '--config',
    path,
  ];
  const distrusting = proxyConfig({});
  await refused(setUp(distrusting), /certificate of localhost:\d+ is not trusted/, /relay\.ca_file/);
  await refused(
    setUp(distrusting, 'https://localhost:1'),
    /does not answer: .*ECONNREFUSED/,
    /check the URL/,
  );

  const trusting = proxyConfig({ ca_file: ca });
  const connect = ['proxy', 'trust', 'connect', '--config', trusting, '--code-file'];
  await refused([...connect, file('code', 'ABCD')], /Cannot find certificate/, /trust set-up/);
  assert.equal((await mailbadge(setUp(trusting))).status, 0);
  const wrong = file('code', 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-FFFFF');
  const { status, stderr } = await mailbadge([...connect, wrong]);
  assert.equal(status, 1);
  assert.match(stderr, /^mailbadge: error: .*code.*\nmailbadge: hint: ./m);
  const known = await mailbadge(['proxy', 'trust', 'status', '--config', trusting]);
  assert.equal(known.status, 1);
  assert.match(known.stderr, /not connected to a relay\nmailbadge: hint: .*trust connect/);
});

test('addresses that are taken, and what is misused', async t => {
  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
  const port = String((taken.address() as AddressInfo).port);
  const folder = mkdtempSync(join(tmpdir(), 'mbx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const inUse = new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}.*EADDRINUSE$`);
  const caFile = join(folder, 'ca.pem');
  await Promise.all([
    refused(
      ['simulate', 'apns', '--port', port, '--sandbox-port', '0', '--directory', folder],
      inUse,
      /another address/,
    ),
    refused(
      ['simulate', 'fcm', '--port', port, '--token-port', '0', '--directory', folder],
      inUse,
      /another address/,
    ),
    refused(['simulate', 'webpush', '--port', port, '--ca-file', caFile], inUse, /another address/),
    refused(['simulate', 'mail-server', '--port', port], /for SMTP: EADDRINUSE$/, /another address/),
    refused(['demo', '--port', port], inUse, /--port/),
  ]);

  const misused = async (args: string[], hint = /--help/): Promise<void> => {
    const { status, stdout, stderr } = await mailbadge(args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    const [, advice = ''] = /mailbadge: error: [^\n]+\nmailbadge: hint: ([^\n]+)\n$/.exec(stderr) ?? [];
    assert.match(advice, hint, stderr);
  };
  await Promise.all([
    misused(['proxi']),
    misused(['proxy']),
    misused(['relay', 'organizaton']),
    misused(['relay', 'organization', 'add']),
    misused(['proxy', 'serve', '--fast']),
    misused(['proxy', 'serve', '--config']),
    misused(['demo', '--port', '70000']),
    misused(['relay', 'credential', 'revoke', '--reason', 'x', `-${'k'.repeat(42)}`], /last.*: -- -k{42}$/),
  ]);
});

test('a reader that goes away, and a full disk under what is printed', async () => {
  const shell = (line: string) => promisify(execFile)('bash', ['-c', line]);
  const command = `"${process.execPath}" src/cli/main.ts`;
  const readerGone = 'exec 3> >(true); wait $!;';
  const early = await shell(`${readerGone} ${command} relay config generate >&3; echo "$?"`);
  assert.deepEqual(early, { stdout: '0\n', stderr: '' });
  // it would run on, and stops as by Ctrl-C
  await shell(`${readerGone} ${command} simulate mail-server --port 0 --json >&3`);
  const full = await shell(`${command} relay config generate > /dev/full; echo "$?"`);
  assert.equal(full.stdout, '1\n');
  assert.match(
    full.stderr,
    /^mailbadge: error: the output cannot be written: ENOSPC.*\nmailbadge: hint: .+\n$/,
  );
});
