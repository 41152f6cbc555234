// The relay's commands as an operator runs them: data on stdout, messages on stderr, 1 for failed and 2 for misused.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { freePort } from '../../src/demo/free-ports.ts';
import { parseRelayConfig } from '../../src/relay/config.ts';
import { mailbadge } from '../fixtures/command.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import { enrolmentBody, postJson } from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

async function configFile(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-relay-'));
  t.after(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const path = join(folder, 'relay.yml');
  const config = {
    issuer,
    dangerously_allow_http: true,
    listen: { port },
    metrics: { port: 0 },
    database: { path: join(folder, 'relay.db') },
    key_file: join(folder, 'relay.key'),
  };
  await writeFile(path, JSON.stringify(config)); // JSON is YAML
  return { path, issuer };
}

test('an organization is added, shown, renewed, deactivated and reactivated', async t => {
  const { path } = await configFile(t);
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await mailbadge([
      'relay',
      'organization',
      ...args,
      '--config',
      path,
      '--json',
    ]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const added = await run('add', 'Fabrikam.com');
  assert.equal(added['domain'], 'fabrikam.com');
  assert.match(String(added['enrolmentCode']), /^[0-9A-Z-]{31}$/);
  const { enrolmentCode, expiresAt: _, ...organization } = added;
  const shown = await run('show', 'fabrikam.com');
  const rest = { credentials: [], administrators: [] };
  assert.deepEqual(shown, { ...organization, ...rest }, 'the code is shown once');
  assert.notEqual((await run('new-code', 'fabrikam.com'))['enrolmentCode'], enrolmentCode);
  assert.equal((await run('deactivate', 'fabrikam.com', '--reason', 'left'))['endedReason'], 'left');
  assert.equal((await run('reactivate', 'fabrikam.com'))['active'], true);
  assert.equal((await run('revoke-targets', 'fabrikam.com', '--force'))['sealEpoch'], 2);
  const listed = (await run('list'))['organizations'] as { domain: string }[];
  assert.deepEqual(
    listed.map(each => each.domain),
    ['fabrikam.com'],
  );
});

test('failures say what to do, and misuse is told apart', async t => {
  const { path } = await configFile(t);
  const config = ['--config', path];
  const cases: [status: number, said: RegExp, args: string[]][] = [
    [
      1,
      /error: there is no organization contoso\.com\n.*hint: .*organization list/,
      ['organization', 'show', 'contoso.com', ...config],
    ],
    [
      1,
      /error: the organization must be named by its mail domain\n.*hint/,
      ['organization', 'add', 'contoso', ...config],
    ],
    [
      1,
      /error: no key credential has the id x\n.*hint: .*credential list/,
      ['credential', 'revoke', 'x', '--reason', 'lost', ...config],
    ],
    [
      1,
      /error: the configuration file \S+ does not exist\n.*hint/,
      ['organization', 'list', '--config', `${path}.none`],
    ],
    [
      2,
      /error: there is no terminal to ask on\n.*--force/,
      ['organization', 'revoke-targets', 'contoso.com', ...config],
    ],
    [2, /error: a target id has 43/, ['target', 'deny', 'x', '--reason', 'stolen', ...config]],
    [2, /required option '--reason/, ['credential', 'revoke', 'x', ...config]],
  ];
  for (const [status, said, args] of cases) {
    const result = await mailbadge(['relay', ...args]);
    assert.match(result.stderr, said);
    assert.equal(result.status, status, result.stderr);
    assert.equal(result.stdout, '');
  }
});

test('a device is denied once', async t => {
  const { path } = await configFile(t);
  const deny = async () => {
    const args = [
      'relay',
      'target',
      'deny',
      'A'.repeat(43),
      '--reason',
      'stolen',
      '--json',
      '--config',
      path,
    ];
    return (JSON.parse((await mailbadge(args)).stdout) as { added: boolean }).added;
  };
  assert.equal(await deny(), true);
  assert.equal(await deny(), false);
});

test('the generated configuration lacks nothing but the issuer', async () => {
  const { stdout } = await mailbadge(['relay', 'config', 'generate']);
  const raw = parse(stdout) as Record<string, unknown>;
  assert.equal(raw['issuer'], null);
  const issuer = 'https://relay.example.com';
  assert.deepEqual(parseRelayConfig({ ...raw, issuer }), parseRelayConfig({ issuer }));
});

test('relay serve takes up what the commands change, and stops when told to', async t => {
  const { path, issuer } = await configFile(t);
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const service = spawn(process.execPath, [main, 'relay', 'serve', '--config', path]);
  t.after(() => service.kill('SIGKILL'));
  let log = '';
  service.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  service.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += `stdout: ${text}`;
  });
  const closed = once(service, 'close'); // nothing more will be said
  await until('the relay is ready', () => log.includes('the relay is ready'), { seen: () => log });
  const added = await mailbadge(['relay', 'organization', 'add', 'fabrikam.com', '--json', '--config', path]);
  const { enrolmentCode: code } = JSON.parse(added.stdout) as { enrolmentCode: string };
  const certificate = await makeOrganizationCertificate({ key: 'p-256' });
  const enrolled = await postJson(
    `${issuer}/v1/enrolments`,
    await enrolmentBody({ issuer, code, certificate }),
  );
  assert.equal(enrolled.status, 201);
  const listed = await mailbadge(['relay', 'credential', 'list', 'fabrikam.com', '--json', '--config', path]);
  const { credentials } = JSON.parse(listed.stdout) as {
    credentials: { keyId: string; type: string; usage: string }[];
  };
  const [credential] = credentials;
  assert.deepEqual(
    [credential?.keyId, credential?.type, credential?.usage],
    [certificate.thumbprint, 'asymmetric', 'verify'],
  );
  service.kill('SIGTERM');
  const [status] = (await closed) as [number | null];
  assert.equal(status, 0, log);
  assert.doesNotMatch(log, /stdout: |oidc-provider/, 'nothing speaks but our own log');
  assert.ok(!log.includes(code));
});
