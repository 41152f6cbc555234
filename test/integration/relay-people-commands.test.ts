// Organizations, people and the audit log as an operator administers them: commands as processes, beside a running
// relay that takes up what they change.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { Passwords } from '../../src/relay/administrators/password.ts';
import { SignIn } from '../../src/relay/administrators/sign-in.ts';
import type { RelaySchema } from '../../src/relay/database/schema.ts';
import { txtLookup } from '../../src/relay/organizations/domain-proof.ts';
import { SignUps } from '../../src/relay/organizations/sign-up.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openKeyFile } from '../../src/runtime/secrets.ts';
import { mailbadge } from '../fixtures/command.ts';
import { DnsServer } from '../fixtures/dns-server.ts';
import { clientAssertion, enrolOrganization, requestToken, startTestRelay } from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

const origin = { address: '192.0.2.1', userAgent: null };

async function operator(t: TestContext, settings: Record<string, unknown> = {}) {
  const relay = await startTestRelay(t, { settings });
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-operator-'));
  t.after(() => rm(folder, { recursive: true }));
  const { issuer, config } = relay;
  const file = join(folder, 'relay.yml');
  const { database, key_file } = config;
  const written = { issuer, dangerously_allow_http: true, database, key_file, ...settings };
  await writeFile(file, JSON.stringify(written)); // JSON is YAML
  const command = (...words: string[]) => mailbadge(['relay', ...words, '--config', file]);
  const opened = openDatabase<RelaySchema>(database, { clock: new SystemClock() });
  t.after(() => opened[Symbol.asyncDispose]());
  const parts = {
    db: opened.db,
    clock: new SystemClock(),
    random: systemRandom,
    passwords: new Passwords({ random: systemRandom }),
    box: openKeyFile(key_file, systemRandom),
  };
  return {
    relay,
    folder,
    parts,
    command,
    /** Succeeds, and answers with one JSON document. */
    async json(...words: string[]): Promise<Record<string, unknown>> {
      const { status, stdout, stderr } = await command(...words, '--json');
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async fails(status: number, said: RegExp, ...words: string[]): Promise<void> {
      const result = await command(...words);
      assert.match(result.stderr, said);
      assert.deepEqual([result.status, result.stdout], [status, ''], words.join(' '));
    },
    signIn: (email: string, password: string) => new SignIn(parts).signIn({ email, password }, origin),
  };
}

test('people are added, signed in, reset, disabled and enabled; nobody’s password is written down', async t => {
  const { json, fails, signIn, folder } = await operator(t);
  await json('organization', 'add', 'fabrikam.com');
  const added = await json('administrator', 'add', 'Anna@Fabrikam.com', '--operator', '--generate-password');
  const password = String(added['password']);
  assert.deepEqual([added['email'], added['role']], ['anna@fabrikam.com', 'operator']);
  assert.equal((await signIn('anna@fabrikam.com', password)).kind, 'signed-in');

  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, 'correct horse battery\n');
  await chmod(passwordFile, 0o600);
  const fromFile = ['--password-file', passwordFile];
  const ofFabrikam = ['--organization', 'fabrikam.com'];
  const ben = await json('administrator', 'add', 'ben@fabrikam.com', ...ofFabrikam, ...fromFile);
  assert.deepEqual([ben['organization'], 'password' in ben], ['fabrikam.com', false]);
  assert.equal((await signIn('ben@fabrikam.com', 'correct horse battery')).kind, 'signed-in');

  const reset = await json('administrator', 'reset-password', 'ben@fabrikam.com', '--generate-password');
  assert.equal((await signIn('ben@fabrikam.com', 'correct horse battery')).kind, 'refused');
  assert.equal((await signIn('ben@fabrikam.com', String(reset['password']))).kind, 'signed-in');
  await json('administrator', 'disable', 'ben@fabrikam.com');
  assert.equal((await signIn('ben@fabrikam.com', String(reset['password']))).kind, 'refused');
  await json('administrator', 'enable', 'ben@fabrikam.com');
  assert.equal((await json('administrator', 'remove-totp', 'ben@fabrikam.com'))['totp'], false);
  const { administrators } = await json('organization', 'show', 'fabrikam.com');
  assert.equal((administrators as unknown[]).length, 1);

  await writeFile(passwordFile, 'short\n');
  const add = ['administrator', 'add', 'carl@fabrikam.com'];
  await fails(1, /the new password cannot be used\n.*12 to 256/, ...add, ...ofFabrikam, ...fromFile);
  await fails(2, /say what the account is for\n.*either --operator/, ...add, '--generate-password');
  await fails(2, /say what the account is for/, ...add, ...ofFabrikam, '--operator');
  await fails(2, /there is no terminal to ask on\n.*--password-file/, ...add, '--operator');
  await fails(1, /there is no organization contoso\.com/, ...add, '--organization', 'contoso.com');
  await fails(
    1,
    /there is an account anna@/,
    'administrator',
    'add',
    'ANNA@fabrikam.com',
    '--operator',
    '--generate-password',
  );
  await fails(1, /there is no account carl@/, 'administrator', 'disable', 'carl@fabrikam.com');

  const audit = JSON.stringify(await json('audit', 'list'));
  for (const secret of [password, String(reset['password']), 'correct horse']) {
    assert.ok(!audit.includes(secret));
  }
});

test('every act is in the audit log, in the name of whoever ran the command', async t => {
  const { json, command, fails, relay } = await operator(t);
  const { certificate, clientId } = await enrolOrganization(relay);
  const assertion = () => clientAssertion(relay, { clientId, certificate });
  const quota = await json(
    'organization',
    'set',
    'fabrikam.com',
    '--quota',
    '7',
    '--direct-trust',
    'on',
    '--name',
    'Fabrikam',
  );
  assert.deepEqual([quota['quotaPerSecond'], quota['directTrust'], quota['name']], [7, true, 'Fabrikam']);
  assert.equal(
    (await json('organization', 'set', 'fabrikam.com', '--quota', 'default'))['quotaPerSecond'],
    null,
  );
  const left = ['--reason', 'left', '--revoke-targets'];
  const deactivated = await json('organization', 'deactivate', 'fabrikam.com', ...left);
  assert.deepEqual([deactivated['active'], deactivated['sealEpoch']], [false, 2]);
  assert.equal((await requestToken(relay, await assertion())).status, 401, 'at once');
  assert.equal((await json('organization', 'reactivate', 'fabrikam.com'))['active'], true);
  assert.equal((await requestToken(relay, await assertion())).status, 200);
  await until('the credential is in use', async () => {
    const { credentials } = await json('credential', 'list', 'fabrikam.com');
    return (credentials as { inUse: boolean }[])[0]?.inUse;
  });
  const revoked = await json('credential', 'revoke', certificate.thumbprint, '--reason', 'lost');
  assert.equal(revoked['revokedReason'], 'lost');
  await json('credential', 'revoke', certificate.thumbprint, '--reason', 'lost again');
  assert.equal((await requestToken(relay, await assertion())).status, 401);
  await json('organization', 'add', 'contoso.com', '--contact', 'it@contoso.com');
  await json('target', 'deny', 'A'.repeat(43), '--reason', 'stolen');
  await json('key', 'rotate', 'token-signing');

  const { entries } = (await json('audit', 'list', '--since', '1h')) as {
    entries: { actorKind: string; actor: string; action: string; organization: string | null }[];
  };
  const byCommand = entries.filter(({ actorKind }) => actorKind === 'command').reverse();
  assert.deepEqual(
    byCommand.map(({ action, organization }) => `${action} ${organization}`),
    [
      'organization.add fabrikam.com',
      'organization.change fabrikam.com',
      'organization.change fabrikam.com',
      'organization.deactivate fabrikam.com',
      'organization.revoke-targets fabrikam.com',
      'organization.reactivate fabrikam.com',
      'credential.revoke fabrikam.com',
      'organization.add contoso.com',
      'target.deny null',
      'key.rotate null',
    ],
  );
  assert.ok(byCommand.every(({ actor }) => actor === userInfo().username));
  const ofContoso = await json('audit', 'list', '--organization', 'contoso.com');
  assert.equal((ofContoso['entries'] as unknown[]).length, 1);
  const table = await command('audit', 'list', '--limit', '2');
  assert.match(table.stdout, /^TIME +WHO +FROM +WHAT +TO +DETAIL\n/);
  assert.match(
    table.stdout,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}\S+ \(command\) +- +key\.rotate +token-signing/m,
  );
  assert.match(table.stderr, /There is more/);

  await fails(2, /It is a UTC time/, 'audit', 'list', '--since', '2026-01-31 08:00');
  await fails(2, /It is a whole number/, 'organization', 'set', 'fabrikam.com', '--quota', '-1');
  await fails(2, /there is nothing to set/, 'organization', 'set', 'fabrikam.com');
  await fails(1, /named by an e-mail address/, 'organization', 'set', 'fabrikam.com', '--contact', 'nobody');
  await fails(1, /has no record to look up\n.*vouches/, 'organization', 'check-domain', 'fabrikam.com');
  await fails(
    1,
    /no app com\.fabrikam\.mail/,
    'tripwire',
    'lift',
    'fabrikam.com',
    'com.fabrikam.mail',
    '--reason',
    'x',
  );
});

test('the proof of a domain is looked up when asked; a name server that fails takes nothing', async t => {
  const dns = await DnsServer.start();
  t.after(() => dns[Symbol.asyncDispose]());
  const { json, fails, command, parts } = await operator(t, { dns_servers: [dns.address] });
  const lookUpTxt = txtLookup({ servers: [dns.address] });
  const signUps = new SignUps({ ...parts, lookUpTxt, open: true });
  const begun = await signUps.begin(
    {
      name: 'Fabrikam',
      domain: 'fabrikam.com',
      contact: 'it@fabrikam.com',
      email: 'anna@fabrikam.com',
      password: 'correct horse battery',
    },
    origin,
  );
  assert.ok(begun.kind === 'begun');
  dns.publish(begun.record.name, 'v=spf1 -all', begun.record.value);
  assert.deepEqual(await signUps.check(begun.id, origin), { kind: 'completed' });

  const check = ['organization', 'check-domain', 'fabrikam.com'];
  assert.equal((await json(...check))['proof'], 'proved');
  dns.set(begun.record.name, 'nxdomain');
  const missing = await command(...check);
  assert.equal(missing.status, 0);
  assert.match(missing.stdout, /Proof of domain : missing since \d{4}-/);
  assert.match(missing.stderr, /warning: _mailbadge\.fabrikam\.com has no TXT record/);
  const { domainProof, active } = (await json('organization', 'show', 'fabrikam.com')) as {
    domainProof: { state: string };
    active: boolean;
  };
  assert.deepEqual([domainProof.state, active], ['missing', true]);
  dns.set(begun.record.name, 'servfail');
  await fails(1, /no name server could say: .*ESERVFAIL\n.*dns_servers/, ...check);
  dns.publish(begun.record.name, begun.record.value);
  assert.equal((await json(...check))['proof'], 'proved');
});
