// `proxy trust certificate` and `credential` as processes against a running relay: what signs, what will sign, and
// what the relay knows of it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommandResult } from '../fixtures/command.ts';
import { codeOf, type Premises, premises } from '../fixtures/proxy-premises.ts';
import { startTestRelay } from '../fixtures/relay.ts';

const hourMs = 3_600_000;
const opensslIsMissing =
  spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed: it makes the files';

type Listed = {
  thumbprint: string;
  role: string | null;
  registeredAt: number | null;
  effectiveAt: number | null;
};

async function connected(t: TestContext) {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  ok(await place.setUp(relay, '--key', 'p-256'));
  ok(await place.connect(await codeOf(relay)));
  return { relay, place };
}

function ok(result: CommandResult): CommandResult {
  assert.equal(result.status, 0, result.stderr);
  return result;
}

function fails(result: CommandResult, status: number, expected: RegExp): void {
  assert.equal(result.status, status, result.stderr);
  assert.match(result.stderr, expected);
  assert.match(result.stderr, /^mailbadge: hint: ./m);
}

async function list({ trust }: Premises): Promise<Listed[]> {
  return JSON.parse(ok(await trust('certificate', 'list', '--json')).stdout).certificates;
}

function inUtc(inMs: number): string {
  return new Date(Date.now() + inMs).toISOString();
}

test('stage, publish, use and clear: each is asked for, registered at the relay, and told as it is', async t => {
  const { relay, place } = await connected(t);
  const [first] = await list(place);
  assert.ok(first?.role === 'current' && first.registeredAt !== null);

  const staging = ['certificate', 'stage', '--new', '--key', 'p-256', '--effective'];
  fails(
    await place.trust(...staging, inUtc(hourMs)),
    2,
    /less than 48 hours ahead[\s\S]*no terminal[\s\S]*--force/,
  );
  assert.equal((await list(place)).length, 1, 'nothing half-written');
  const staged = JSON.parse(ok(await place.trust(...staging, inUtc(49 * hourMs), '--json')).stdout);
  assert.equal(staged.outcome, 'done');
  assert.equal(staged.current, first.thumbprint);
  const second = (await list(place)).find(({ role }) => role === 'next');
  assert.ok(second !== undefined);
  assert.equal(second.thumbprint, staged.next);
  assert.notEqual(second.registeredAt, null, 'the relay knows it already');
  assert.equal((await relay.administration.credentials('fabrikam.com')).length, 2);

  fails(await place.trust('certificate', 'use', second.thumbprint), 1, /staged as the next certificate/);
  const same = ok(
    await place.trust('certificate', 'use', first.thumbprint.toLowerCase().replaceAll(/../g, '$& ')),
  );
  assert.match(same.stderr, /Nothing was changed/);
  fails(await place.trust('certificate', 'publish'), 2, /not now[\s\S]*--force/);
  const published = ok(await place.trust('certificate', 'publish', '--force'));
  assert.deepEqual(published.stdout.trimEnd().split('\n'), [
    `CurrentCertificateThumbprint  : ${second.thumbprint}`,
    `PreviousCertificateThumbprint : ${first.thumbprint}`,
    'NextCertificateThumbprint     :',
    'NextCertificateEffectiveDate  :',
  ]);
  const { result } = await place.status();
  assert.equal(result.status, 0, 'the relay gives a token for the new key');
  fails(await place.trust('certificate', 'publish', '--force'), 1, /no next certificate/);

  const back = ok(await place.trust('certificate', 'use', first.thumbprint, '--force'));
  assert.match(back.stderr, /warning: .* is the previous certificate/);
  ok(await place.trust('certificate', 'clear-previous'));
  assert.deepEqual(
    (await list(place)).map(({ role }) => role),
    ['current', null],
  );
  const exported = join(place.folder, 'other', 'second.cer');
  ok(await place.trust('certificate', 'export', second.thumbprint, '--export-to', exported));
  const certificate = new X509Certificate(await readFile(exported));
  assert.equal(certificate.fingerprint.replaceAll(':', ''), second.thumbprint);
});

test('dates that are local, past, or missing are refused with an example, and nothing is changed', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  ok(await place.setUp(relay, '--key', 'p-256'));
  const stage = (...args: string[]) =>
    place.trust('certificate', 'stage', '--new', '--key', 'p-256', ...args);
  const utc = /hint: write it like \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;
  fails(await stage('--effective', '1/31/2040 10:00:00 PM'), 2, utc);
  fails(await stage('--effective', '2040-01-31T22:00:00+01:00'), 2, utc);
  fails(await stage('--effective', inUtc(-10 * 60_000), '--force'), 1, /is past/);
  fails(await stage('--effective', '2040-01-31T22:00:00Z', '--force'), 1, /ends at .*Z, before/);
  fails(await stage(), 2, /given together/);
  fails(await place.trust('certificate', 'stage', '--effective', inUtc(hourMs)), 2, /stage takes one of/);
  fails(await place.trust('certificate', 'use', 'ABCD'), 1, /no certificate "ABCD"/);
  fails(await place.trust('certificate', 'use', ''), 2, /cannot be taken away/);
  assert.equal((await list(place)).length, 1);
});

test('credentials show which one signs; removing the one in use warns, and ends it', async t => {
  const { relay, place } = await connected(t);
  ok(await place.trust('certificate', 'stage', '--new', '--key', 'p-256', '--effective', inUtc(50 * hourMs)));
  type Credential = Listed & { keyId: string; signsHere: boolean; here: boolean; lastVersion: string | null };
  const credentials = async (): Promise<Credential[]> =>
    JSON.parse(ok(await place.trust('credential', 'list', '--json')).stdout).credentials;
  const listed = await credentials();
  assert.deepEqual(
    listed.map(({ here, signsHere }) => [here, signsHere]),
    [
      [true, true],
      [true, false],
    ],
  );
  assert.match(listed[0]?.lastVersion ?? '', /^\d+\.\d+/);
  const form = ok(await place.trust('credential', 'list')).stdout;
  assert.match(form, /WhenLastUsedUTC +: \d{4}-.*Z\n[\s\S]*ThisProxy +: signs with it/);

  const [inUse, spare] = listed.map(({ thumbprint }) => thumbprint);
  fails(await place.trust('credential', 'remove', spare ?? ''), 2, /removed for good[\s\S]*--force/);
  assert.match(ok(await place.trust('credential', 'remove', spare ?? '', '--force')).stdout, /Complete\./);
  assert.equal((await list(place)).find(({ thumbprint }) => thumbprint === spare)?.registeredAt, null);
  fails(await place.trust('credential', 'remove', 'F'.repeat(40)), 1, /no key credential/);
  const removed = ok(await place.trust('credential', 'remove', inUse ?? '', '--force'));
  assert.match(removed.stderr, /This proxy signs with it: no badge is delivered/);
  const after = await relay.administration.credentials('fabrikam.com');
  assert.ok(after.every(({ revokedAt }) => revokedAt !== null));
  fails(await place.trust('credential', 'list'), 1, /mailbadge: error: /);
});

test('set-up takes a certificate from a file, twice the same one, and refuses a bad one untouched', {
  skip: opensslIsMissing,
}, async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: place.folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'k.pem',
    '-out',
    'c.pem',
    '-days',
    '400',
    '-subj',
    '/CN=Federation',
  );
  openssl(
    'pkcs12',
    '-export',
    '-inkey',
    'k.pem',
    '-in',
    'c.pem',
    '-out',
    'c.pfx',
    '-passout',
    'pass:s3cret',
    '-name',
    'Exchange S2S OAuth',
  );
  const file = join(place.folder, 'c.pfx');
  const password = join(place.folder, 'password');
  const untouched = (): void => assert.ok(!existsSync(join(place.folder, 'proxy.db')));

  fails(await place.setUp(relay, '--import', file), 2, /no terminal[\s\S]*--import-password-file/);
  untouched();
  await writeFile(password, 'wrong\n');
  fails(
    await place.setUp(relay, '--import', file, '--import-password-file', password),
    1,
    /password .* is wrong/,
  );
  untouched();
  fails(await place.setUp(relay, '--import', join(place.folder, 'c.pem')), 1, /without its private key/);
  fails(await place.setUp(relay, '--import', join(place.folder, 'nothing.pfx')), 1, /cannot be read/);
  untouched();

  await writeFile(password, 's3cret\n');
  const imported = ok(await place.setUp(relay, '--import', file, '--import-password-file', password));
  assert.match(
    imported.stdout,
    /^Importing certificate\.\.\.\nConfigured Certificate Thumbprint is: [0-9A-F]{40}\n/,
  );
  const again = ok(await place.setUp(relay, '--import', file, '--import-password-file', password));
  assert.match(again.stdout, /^Importing certificate\.\.\.\nConfigured/);
  const without = ok(await place.setUp(relay));
  assert.match(without.stdout, /^Configured/);
  const [only, ...others] = await list(place);
  assert.equal(others.length, 0);
  const shown = ok(await place.trust('certificate', 'show', only?.thumbprint ?? ''));
  assert.match(shown.stdout, /FriendlyName +: Exchange S2S OAuth\n/);
  const own = new X509Certificate(await readFile(join(place.folder, 'c.pem')));
  assert.equal(only?.thumbprint, own.fingerprint.replaceAll(':', ''));
  assert.deepEqual(await readFile(join(place.folder, 'OAuthCert.cer')), own.raw);
  ok(await place.connect(await codeOf(relay)));
});

test('a lifetime outside its bounds, and --new-certificate with --import, are misuse', async t => {
  const place = await premises(t);
  const relay = { issuer: 'http://127.0.0.1:1' };
  for (const lifetime of ['23h', '11y']) {
    assert.equal((await place.setUp(relay, '--lifetime', lifetime)).status, 2);
  }
  fails(await place.setUp(relay, '--new-certificate', '--import', 'x'), 2, /exclude each other/);
});
