// Connecting: the command as a process, the device flow at a real relay (and, for what a real one never does, at a
// stand-in), certificate files of every kind, and direct trust.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { relayMetadataSchema } from '../../src/contract/relay-metadata.ts';
import { openDatabase } from '../../src/database/database.ts';
import { makeCertificate } from '../../src/proxy/trust/certificates/certificate.ts';
import { askForApproval } from '../../src/proxy/trust/enrolment/device-approval.ts';
import type { RelaySchema } from '../../src/relay/database/schema.ts';
import {
  decideDeviceAuthorization,
  findDeviceAuthorization,
} from '../../src/relay/oauth/device-flow/approval.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { HttpClient } from '../../src/runtime/http/http-client.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { type CommandResult, mailbadge } from '../fixtures/command.ts';
import { startTestRelay, type TestRelay } from '../fixtures/relay.ts';
import { answerJson, RelayStandIn } from '../fixtures/relay-stand-in.ts';
import { until } from '../fixtures/until.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

async function premises(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-proxy-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'proxy.yml');
  const configure = (relay: Record<string, unknown> = {}) =>
    writeFile(
      config,
      JSON.stringify({
        database: { path: join(folder, 'proxy.db') },
        key_file: join(folder, 'proxy.key'),
        public_url: 'https://push.fabrikam.com',
        relay: { dangerously_allow_http: true, timeout: '30s', ...relay },
        mailboxes: {},
      }),
    );
  await configure();
  const trust = (...args: string[]): Promise<CommandResult> =>
    mailbadge(['proxy', 'trust', ...args, '--config', config]);
  return {
    folder,
    config,
    configure,
    trust,
    setUp: (issuer: string) =>
      trust('set-up', '--organization', 'fabrikam.com', '--relay', issuer, '--key', 'p-256'),
    stored(): { registered_at: number | null; credential_ends_at: number | null; not_after: number } {
      const database = new DatabaseSync(join(folder, 'proxy.db'), { readOnly: true });
      const row = database.prepare('SELECT * FROM certificate').get();
      database.close();
      return row as ReturnType<typeof this.stored>;
    },
  };
}

type Premises = Awaited<ReturnType<typeof premises>>;

/** `connect` as a process that waits for somebody to approve. */
async function connecting(t: TestContext, { config }: Premises, ...args: string[]) {
  const child = spawn(process.execPath, [main, 'proxy', 'trust', 'connect', '--config', config, ...args]);
  t.after(() => child.kill('SIGKILL'));
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    seen.stderr += text;
  });
  const ended = new Promise<{ status: number | null; signal: string | null }>(resolve =>
    child.once('close', (status, signal) => resolve({ status, signal })),
  );
  const shown = await until(
    'the code is shown',
    () => /Compare +((?:[0-9A-F]{8} ){4}[0-9A-F]{8})/.exec(seen.stderr) ?? undefined,
    {
      seen: () => seen,
    },
  );
  const userCode = /Code +([A-Z]{4}-[A-Z]{4}) /.exec(seen.stderr)?.[1] ?? '';
  return { child, seen, ended, userCode, thumbprint: shown[1]?.replaceAll(' ', '') };
}

/** An organization's administrator at the relay, without the console's HTTP. */
function administrator(t: TestContext, { config }: TestRelay) {
  const database = openDatabase<RelaySchema>(config.database, { clock: new SystemClock() });
  t.after(() => database[Symbol.asyncDispose]());
  return {
    see: (userCode: string) =>
      findDeviceAuthorization(database.db, userCode, { now: Date.now(), organizationId: null }),
    decide: (decision: 'approve' | 'deny', { userCode, keyId }: { userCode: string; keyId: string }) =>
      decideDeviceAuthorization(database.db, {
        userCode,
        keyId,
        decision,
        administrator: { actorKind: 'administrator', actor: 'anna@fabrikam.com', address: '127.0.0.1' },
        organizationId: null,
        now: Date.now(),
      }),
  };
}

test('an administrator approves what the terminal shows, and the certificate is registered', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const place = await premises(t);
  await place.setUp(relay.issuer);
  const { see, decide } = administrator(t, relay);
  const proxy = await connecting(t, place);
  const asked = await see(proxy.userCode);
  assert.ok(asked !== undefined);
  assert.equal(proxy.thumbprint, asked.thumbprint, 'terminal and page show the same');
  assert.match(proxy.seen.stderr, new RegExp(`Open +${relay.issuer}/`));
  await decide('approve', asked);
  assert.deepEqual(await proxy.ended, { status: 0, signal: null }, proxy.seen.stderr);
  assert.doesNotMatch(proxy.seen.stderr, /[█▀▄]/, 'no QR code where nobody sees it');
  assert.deepEqual(proxy.seen.stdout.trimEnd().split('\n'), [
    'Please approve with the administrator account of fabrikam.com at the relay...',
    'Adding a key to the application...',
    'Complete.',
  ]);
  const { registered_at: registeredAt, credential_ends_at: endsAt, not_after: notAfter } = place.stored();
  assert.ok(registeredAt !== null && endsAt !== null && endsAt <= notAfter);
  assert.equal((await place.trust('status')).status, 0);

  await t.test('direct trust: the relay must know, and take, tokens that are signed here', async () => {
    await place.configure({ direct_trust: true });
    const refused = await place.trust('status');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /takes no tokens that fabrikam\.com signs itself/);
    await relay.administration.changeOrganization('fabrikam.com', { directTrust: true });
    const taken = await until('the relay takes them', async () => {
      const status = await place.trust('status');
      return status.status === 0 ? status : undefined;
    });
    assert.match(taken.stdout, /^Connected +: True$/m);
  });
});

test('a denial, and an interruption, leave nothing behind', async t => {
  const relay = await startTestRelay(t);
  await relay.administration.addOrganization('fabrikam.com');
  const place = await premises(t);
  await place.setUp(relay.issuer);
  const { see, decide } = administrator(t, relay);

  const interrupted = await connecting(t, place, '--json');
  assert.equal(interrupted.seen.stdout, '', 'for machines, only the outcome is on stdout');
  interrupted.child.kill('SIGINT');
  assert.deepEqual(await interrupted.ended, { status: null, signal: 'SIGINT' });

  const denied = await connecting(t, place);
  const asked = await see(denied.userCode);
  assert.ok(asked !== undefined);
  await decide('deny', asked);
  assert.equal((await denied.ended).status, 1);
  assert.match(denied.seen.stderr, /mailbadge: error: the administrator refused this certificate/);
  assert.equal(place.stored().registered_at, null);
  assert.deepEqual(await relay.administration.credentials('fabrikam.com'), []);
});

test('an organization that the relay does not know is told before anybody is asked', async t => {
  const relay = await startTestRelay(t);
  const place = await premises(t);
  await place.setUp(relay.issuer);
  const { status, stdout, stderr } = await place.trust('connect');
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /mailbadge: error: .*sign the organization up/);
});

test('certificate files: only a public one whose key is here; everything else before anything is sent', async t => {
  const relay = await startTestRelay(t);
  const { enrolment } = await relay.administration.addOrganization('fabrikam.com');
  const place = await premises(t);
  const env = { MAILBADGE_ENROLMENT_CODE: enrolment.code.reveal() };
  const connectWith = (file: string) =>
    mailbadge(
      ['proxy', 'trust', 'connect', '--config', place.config, '--certificate-file', join(place.folder, file)],
      { env },
    );
  const missing = await connectWith('nowhere.cer');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^mailbadge: error: Cannot find certificate\.$/m);
  assert.ok(!existsSync(join(place.folder, 'proxy.db')), 'nothing is made in passing');

  await place.setUp(relay.issuer);
  const other = await makeCertificate({
    organization: 'fabrikam.com',
    kind: 'p-256',
    now: Date.now(),
    random: systemRandom,
  });
  const pkcs8 = createPrivateKey(other.privateKey.reveal()).export({ type: 'pkcs8', format: 'der' });
  const exported = await readFile(join(place.folder, 'OAuthCert.cer'));
  const files: [name: string, content: Buffer | string, expected: RegExp][] = [
    ['other.cer', other.certificate.der, /does not hold the private key of the certificate [0-9A-F]{40}/],
    ['key.pem', other.privateKey.reveal(), /it holds a private key; nothing was sent/],
    ['key.der', pkcs8, /it is a private key; nothing was sent/],
    ['cut.cer', exported.subarray(0, 200), /it is cut off/],
  ];
  for (const [name, content, expected] of files) {
    await writeFile(join(place.folder, name), content);
    const refused = await connectWith(name);
    assert.equal(refused.status, 1, name);
    assert.match(refused.stderr, expected);
    assert.equal(refused.stdout, '', 'nobody was asked for anything');
  }
  const connected = await connectWith('OAuthCert.cer');
  assert.equal(connected.status, 0, connected.stderr);
});

test('everything that is missing is told at once', async t => {
  const place = await premises(t);
  const relay = await RelayStandIn.open();
  const { url } = relay;
  await relay[Symbol.asyncDispose]();
  await writeFile(join(place.folder, 'file'), '');
  const { status, stderr } = await place.trust(
    'set-up',
    '--organization',
    'fabrikam.com',
    '--relay',
    url,
    '--export-to',
    join(place.folder, 'file', 'OAuthCert.cer'),
  );
  assert.equal(status, 1);
  assert.match(
    stderr,
    /2 things are missing:\n {2}- the relay .* does not answer.*\n {2}- .*OAuthCert\.cer cannot be written/,
  );
  assert.ok(!existsSync(join(place.folder, 'proxy.db')));
});

test('a relay without the device flow is told, and a code is asked for instead', async t => {
  await using relay = await RelayStandIn.open();
  relay.routes['GET /.well-known/oauth-authorization-server'] = (_, response) =>
    answerJson(response, 200, {
      issuer: relay.url,
      token_endpoint: `${relay.url}/oauth/token`,
      jwks_uri: `${relay.url}/jwks`,
    });
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  relay.routes['GET /jwks'] = (_, response) =>
    answerJson(response, 200, { keys: [publicKey.export({ format: 'jwk' })] });
  const place = await premises(t);
  assert.equal((await place.setUp(relay.url)).status, 0);
  const { status, stderr } = await place.trust('connect');
  assert.equal(status, 2, 'there is no terminal to ask on');
  assert.match(stderr, /warning: the relay \(version 0\.1\.0\) cannot ask an administrator for approval/);
  assert.match(stderr, /--code-file/);
});

test('the device flow ends as RFC 8628 has it, and rides out a relay that is away', async () => {
  await using relay = await RelayStandIn.open();
  using http = new HttpClient({ clock: new SystemClock() });
  const { certificate } = await makeCertificate({
    organization: 'fabrikam.com',
    kind: 'p-256',
    now: Date.now(),
    random: systemRandom,
  });
  const endpoint = `${relay.url}/oauth/device_authorization`;
  let started: Record<string, unknown> = {};
  let polls: [status: number, body: unknown][] = [];
  relay.routes['POST /oauth/device_authorization'] = (_, response) =>
    answerJson(response, 200, {
      device_code: 'device',
      user_code: 'BCDF-GHJK',
      verification_uri: `${relay.url}/approve`,
      expires_in: 600,
      interval: 0.01,
      ...started,
    });
  relay.routes['POST /oauth/token'] = (_, response) => {
    const [status, body] = polls.shift() ?? [500, {}];
    answerJson(response, status, body);
  };
  const metadata = relayMetadataSchema.parse(relay.describeItself());
  const ask = () =>
    askForApproval(http, {
      metadata,
      endpoint,
      organization: 'fabrikam.com',
      certificate,
      timeoutMs: 30_000,
    });
  const outcome = async (...answers: typeof polls): Promise<string> => {
    polls = answers;
    const approval = await ask();
    if (approval.kind === 'failed') return approval.failure.code;
    const end = await approval.wait();
    return end.kind === 'approved' ? end.code.reveal() : end.failure.code;
  };
  const pending: [number, unknown] = [400, { error: 'authorization_pending' }];
  const granted: [number, unknown] = [200, { access_token: 'code', token_type: 'Bearer', expires_in: 60 }];
  assert.equal(await outcome(pending, pending, granted), 'code');
  assert.equal(await outcome(pending, [400, { error: 'access_denied' }]), 'approval-denied');
  assert.equal(await outcome([400, { error: 'expired_token' }]), 'approval-expired');
  assert.equal(await outcome([400, { error: 'invalid_grant' }]), 'token-refused');
  assert.equal(await outcome([200, 'nonsense']), 'relay-answer-invalid');
  assert.equal(await outcome([503, {}], granted), 'code');
  const form = new URLSearchParams(relay.requests[0]?.body);
  assert.deepEqual(
    [form.get('client_id'), form.get('organization'), form.get('certificate')],
    ['mailbadge-proxy', 'fabrikam.com', certificate.der.toString('base64')],
  );
  started = { expires_in: 1 };
  assert.equal(await outcome(...Array.from({ length: 500 }, () => pending)), 'approval-expired');
  for (const odd of [
    { verification_uri: 'https://evil.example.com/approve' },
    { verification_uri_complete: 'javascript:alert(1)' },
    { user_code: '\u001b[2J' },
    { verification_uri: 7 },
  ]) {
    started = odd;
    assert.equal(await outcome(), 'relay-answer-invalid', JSON.stringify(odd));
  }
});
