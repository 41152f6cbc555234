// Trust end to end: the real commands as processes, a real relay, and a proxy's trust running on the same database.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { NotificationResult } from '../../src/contract/outcomes.ts';
import { openDatabase } from '../../src/database/database.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { RelayClient } from '../../src/proxy/publisher/relay-client.ts';
import { RelayAccess } from '../../src/proxy/trust/relay/relay-access.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { HttpClient } from '../../src/runtime/http/http-client.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openKeyFile } from '../../src/runtime/secrets.ts';
import { type CommandResult, mailbadge } from '../fixtures/command.ts';
import { codeOf, type Premises, premises } from '../fixtures/proxy-premises.ts';
import { startTestRelay } from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

const hourMs = 3_600_000;

class AnHourAhead extends SystemClock {
  override now(): number {
    return super.now() + hourMs;
  }
}

/** The trust of a running proxy, which notices what commands do to its database. */
async function runningProxy(t: TestContext, { folder }: Premises) {
  const clock = new SystemClock();
  const database = openDatabase<ProxySchema>({ path: join(folder, 'proxy.db') }, { clock });
  const http = new HttpClient({ clock });
  const access = new RelayAccess({
    db: database.db,
    secrets: openKeyFile(join(folder, 'proxy.key'), systemRandom),
    http,
    clock,
    random: systemRandom,
    logger: silentLogger,
    timeoutMs: 30_000,
  });
  await access.start();
  const watch = database.onForeignChange(() => void access.reload());
  t.after(async () => {
    watch[Symbol.dispose]();
    access[Symbol.dispose]();
    http[Symbol.dispose]();
    await database[Symbol.asyncDispose]();
  });
  return { access, client: new RelayClient({ http, credentials: access, timeoutMs: 30_000 }) };
}

test('set-up makes the certificate once, exports its public part, pins the relay, and is safe to run again', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  const first = await place.setUp(relay);
  assert.equal(first.status, 0, first.stderr);
  const lines = first.stdout.trimEnd().split('\n');
  const [, thumbprint] = /^Configured Certificate Thumbprint is: ([0-9A-F]{40})$/.exec(lines[1] ?? '') ?? [];
  assert.ok(thumbprint !== undefined, first.stdout);
  assert.deepEqual(lines, [
    'Creating certificate for oAuth...',
    `Configured Certificate Thumbprint is: ${thumbprint}`,
    'Exporting certificate...',
    'Creating AuthServer Config...',
    'Complete.',
  ]);
  const exported = await readFile(join(place.folder, 'OAuthCert.cer'));
  assert.equal(new X509Certificate(exported).fingerprint.replaceAll(':', ''), thumbprint);
  assert.doesNotMatch(exported.toString('latin1'), /PRIVATE/);
  assert.equal((await stat(join(place.folder, 'proxy.key'))).mode & 0o777, 0o600);

  const second = await place.setUp(relay);
  assert.deepEqual(second.stdout.trimEnd().split('\n'), [
    `Configured Certificate Thumbprint is: ${thumbprint}`,
    'Exporting certificate...',
    'AuthServer Config already exists.',
    'Complete.',
  ]);
  const third = await place.setUp(relay, '--json', '--export-to', join(place.folder, 'deep/er/cert.cer'));
  assert.deepEqual(JSON.parse(third.stdout), {
    organization: 'fabrikam.com',
    certificateCreated: false,
    certificateImported: false,
    thumbprint,
    exportedTo: join(place.folder, 'deep/er/cert.cer'),
    authServer: 'unchanged',
    registered: false,
    leftAside: [],
  });
  assert.ok(existsSync(join(place.folder, 'deep/er/cert.cer')));
});

test('OpenSSL reads the exported certificate', async t => {
  if (spawnSync('openssl', ['version']).status !== 0) {
    t.skip('openssl is not installed: the exported certificate is not read by an independent program');
    return;
  }
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  const args = ['x509', '-inform', 'der', '-in', join(place.folder, 'OAuthCert.cer')];
  const { stdout: text } = spawnSync('openssl', [...args, '-noout', '-text'], { encoding: 'utf8' });
  for (const expected of [
    /Public-Key: \(2048 bit\)/,
    /Signature Algorithm: sha256WithRSAEncryption/,
    /Subject: .*CN ?= ?Mailbadge S2S OAuth/,
    /X509v3 Subject Key Identifier:/,
    /DNS:fabrikam\.com/,
    /CA:FALSE/,
    /Digital Signature/,
  ]) {
    assert.match(text, expected);
  }
  const pem = spawnSync('openssl', args, { encoding: 'utf8' }).stdout;
  const anchor = join(place.folder, 'anchor.pem');
  await writeFile(anchor, pem);
  const verified = spawnSync('openssl', ['verify', '-check_ss_sig', '-CAfile', anchor, anchor]);
  assert.equal(verified.status, 0, String(verified.stderr));
});

test('connect registers the key with the code, and a running proxy takes it up without a restart', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  const { access, client } = await runningProxy(t, place);
  const before = await access.tokens.get();
  assert.ok(before.kind === 'failed' && before.failure.code === 'relay-not-connected');

  const code = await codeOf(relay);
  const codeFile = join(place.folder, 'code');
  await writeFile(codeFile, `${code.toLowerCase().replaceAll('-', ' ')}\n`);
  const connected = await place.connect('', '--code-file', codeFile);
  assert.equal(connected.status, 0, connected.stderr);
  assert.deepEqual(connected.stdout.trimEnd().split('\n'), [
    'Please enter the enrolment code of fabrikam.com...',
    'Adding a key to the application...',
    'Complete.',
  ]);

  await until('there is a token', async () => (await access.tokens.get()).kind === 'token');

  const results: NotificationResult[] = [];
  const id = systemRandom.uuid();
  const publish = () =>
    client.publish(
      {
        notAfter: (client.relayNow() ?? 0) + 4000,
        notifications: [
          {
            id,
            traceId: 'b'.repeat(32),
            appId: 'com.fabrikam.unknown',
            sealedTarget: `mbt1.1.${'A'.repeat(16)}.${'A'.repeat(40)}`,
            collapseKey: 'icon',
            badge: 1,
            expiresAt: Date.now() + hourMs,
            presentation: 'badge',
          },
        ],
      },
      { signal: new AbortController().signal, onResult: result => results.push(result) },
    );
  const end = await until('a batch that was not held up on its way', async () => {
    const tried = await publish();
    return tried.kind === 'refused' && tried.code === 'not-after-passed' ? undefined : tried;
  });
  assert.deepEqual(end, { kind: 'answered' });
  assert.equal(results[0]?.id, id);
  assert.notEqual(results[0]?.outcome, 'accepted');
  const tooFar = await client.publish(
    { notAfter: Date.now() + hourMs, notifications: [] },
    { signal: new AbortController().signal, onResult: () => {} },
  );
  assert.equal(tooFar.kind, 'refused');

  const described = await access.describeTarget({
    appId: 'com.fabrikam.mail',
    sealedTarget: `mbt1.1.${'A'.repeat(16)}.${'A'.repeat(40)}`,
  });
  assert.ok(described.kind === 'refused' && described.failure.code === 'target-not-openable');

  const askedAt = Date.now();
  const { result, json } = await place.status();
  const tookMs = Date.now() - askedAt;
  assert.equal(result.status, 0, result.stderr);
  assert.equal(json['failure'], null);
  assert.equal(json['organization'], 'fabrikam.com');
  const ahead = json['clockAheadMs']; // they have one clock: as much as the answer was under way
  assert.ok(typeof ahead === 'number' && ahead >= 0 && ahead <= tookMs, `${ahead} of ${tookMs} ms`);
});

test('a key that is registered already is reported, not added twice', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  assert.equal((await place.connect(await codeOf(relay))).status, 0);
  const { enrolment } = await relay.administration.newEnrolmentCode('fabrikam.com');
  const again = await place.connect(enrolment.code.reveal());
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stderr, /had this key already/);
  assert.equal((await relay.administration.credentials('fabrikam.com')).length, 1);
  assert.match((await place.setUp(relay)).stdout, /Complete\.\n$/);
});

test('without a certificate, connect fails before it asks for a code', async t => {
  const place = await premises(t);
  const { status, stdout, stderr } = await place.connect('anything');
  assert.equal(status, 1);
  assert.match(stderr, /^mailbadge: error: Cannot find certificate\.$/m);
  assert.match(stderr, /hint: run "mailbadge proxy trust set-up"/);
  assert.equal(stdout, '');
});

test('a wrong, used or foreign code, or none at all, ends in its own message', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  const wrong = await place.connect('00000-00000-00000-00000-00000-0');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /mailbadge: error: .*code/);
  assert.doesNotMatch(wrong.stderr, /00000-00000/, 'a code is a secret');
  const foreign = await place.connect(await codeOf(relay, 'contoso.com'));
  assert.equal(foreign.status, 1);
  assert.match(foreign.stderr, /is for contoso\.com, but this proxy was set up for fabrikam\.com/);
  const none = await place.connect('', '--with-code');
  assert.equal(none.status, 2, 'there is no terminal to ask on');
  assert.match(none.stderr, /--code-file/);
});

test('a relay at another URL is pinned with the warning, and the enrolment at the old one ends', async t => {
  const [old, other] = [await startTestRelay(t), await startTestRelay(t)];
  const place = await premises(t);
  await place.setUp(old);
  await place.connect(await codeOf(old));
  const moved = await place.setUp(other);
  assert.equal(moved.status, 0, moved.stderr);
  assert.match(moved.stderr, /warning: AuthServer config already exists but .* Updating\.\.\./);
  assert.match(moved.stdout, /Complete\.\n$/);
  const { result, json } = await place.status();
  assert.equal(result.status, 1);
  assert.equal((json['failure'] as { code: string }).code, 'relay-not-connected');
  assert.equal((await place.connect(await codeOf(other))).status, 0);
});

test('one proxy serves one organization', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  await place.connect(await codeOf(relay));
  const args = ['--organization', 'contoso.com', '--relay', relay.issuer, '--config', place.config];
  const { status, stderr } = await mailbadge(['proxy', 'trust', 'set-up', ...args]);
  assert.equal(status, 2);
  assert.match(stderr, /works for fabrikam\.com/);
});

test('what is wrong is found before anything is changed', async t => {
  const place = await premises(t);
  const untouched = async (result: CommandResult, expected: RegExp): Promise<void> => {
    assert.notEqual(result.status, 0);
    assert.match(result.stderr, expected);
    assert.match(result.stderr, /mailbadge: hint: /);
    assert.ok(!existsSync(join(place.folder, 'proxy.db')) && !existsSync(join(place.folder, 'proxy.key')));
  };
  await untouched(await place.setUp({ issuer: 'http://127.0.0.1:1' }), /does not answer/);
  await untouched(await place.setUp({ issuer: 'relay.example.com' }), /not the URL of a relay/);
  const skewed = await startTestRelay(t, { overrides: { clock: new AnHourAhead() } });
  await untouched(await place.setUp(skewed), /is 60 minutes behind the relay's/);
  const { relay: setting, ...rest } = JSON.parse(await readFile(place.config, 'utf8'));
  assert.ok(setting);
  await writeFile(place.config, JSON.stringify(rest));
  await untouched(await place.setUp({ issuer: 'http://127.0.0.1:1' }), /not reached over https/);
});

test('a revoked credential stops the tokens and says so', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  await place.connect(await codeOf(relay));
  const [credential] = await relay.administration.credentials('fabrikam.com');
  await relay.administration.revokeCredential(credential?.keyId ?? '', 'lost');
  const { access } = await runningProxy(t, place);
  const answer = await access.tokens.renew();
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.failure.code, 'credential-revoked');
});

test('an expired certificate is left aside with its date, and another one is made', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  await expireCertificate(place);
  const second = await place.setUp(relay);
  assert.match(second.stderr, /warning: the certificate [0-9A-F]{40} expired on 2020-/);
  assert.match(second.stdout, /^Creating certificate for oAuth/);
  const { json } = await place.status();
  const roles = (json['certificates'] as { thumbprint: string; role: string }[]).map(({ role }) => role);
  assert.deepEqual(roles.sort(), ['current', 'previous']);
});

test('with the key file lost, nothing is replaced unless told to', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay);
  await writeFile(join(place.folder, 'proxy.key'), 'ab'.repeat(32));
  const refused = await place.setUp(relay);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /key file cannot open/);
  assert.match(refused.stderr, /hint: restore the original key file/);
  const replaced = await place.setUp(relay, '--new-certificate');
  assert.equal(replaced.status, 0, replaced.stderr);
  assert.equal((await place.connect(await codeOf(relay))).status, 0);
});

/** Puts a certificate that expired in 2020 in the place of the stored one. */
async function expireCertificate({ folder }: Premises): Promise<void> {
  const { makeCertificate } = await import('../../src/proxy/trust/certificates/certificate.ts');
  const { certificate } = await makeCertificate({
    organization: 'fabrikam.com',
    kind: 'p-256',
    now: Date.UTC(2015, 6, 1),
    random: systemRandom,
  });
  const database = new DatabaseSync(join(folder, 'proxy.db'));
  database
    .prepare('UPDATE certificate SET certificate = ?, not_before = ?, not_after = ?')
    .run(certificate.der.toString('base64'), certificate.notBefore, certificate.notAfter);
  database.close();
}
