// Authorization servers: documents of every kind, good and hostile, over real TLS; and the commands as processes
// against a real relay.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrator.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { proxyMigrations } from '../../src/proxy/database/migrations.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { openAuthServers } from '../../src/proxy/trust/auth-servers/open-auth-servers.ts';
import { createRelayHttp } from '../../src/proxy/trust/relay/relay-http.ts';
import { AppError } from '../../src/runtime/errors.ts';
import { type CommandResult, mailbadge } from '../fixtures/command.ts';
import { document, type MetadataServer, startMetadataServer } from '../fixtures/metadata-server.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import { enrolOrganization, startTestRelay } from '../fixtures/relay.ts';
import { RunningClock } from '../fixtures/running-clock.ts';

const realm = '5f0c0b7e-6a3e-4c2e-9a55-0e4b3f1f2a11';
const otherRealm = '7d1f3f0a-1111-4222-8333-444455556666';
const service = '00000002-0000-0ff1-ce00-000000000000';

/** Authorization servers on a database in memory, which trust the server's certificate. */
async function openServers(
  t: TestContext,
  server: MetadataServer,
  { settings = {} }: { settings?: Record<string, unknown> } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-proxy-'));
  t.after(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, server.ca);
  const { relay } = parseProxyConfig({
    public_url: 'https://push.fabrikam.com',
    mailboxes: {},
    relay: { ca_file: ca, timeout: '3s', allow_private_addresses: true, ...settings },
  });
  const clock = new RunningClock();
  const database = openDatabase<ProxySchema>({ path: ':memory:' }, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  const http = createRelayHttp(relay, clock);
  t.after(async () => {
    http[Symbol.dispose]();
    await database[Symbol.asyncDispose]();
  });
  return openAuthServers(relay, { db, http, clock });
}

async function s2sKey(options: Parameters<typeof makeOrganizationCertificate>[0] = {}) {
  const { der } = await makeOrganizationCertificate(options);
  return { usage: 'Signing', keyvalue: { type: 'X509Certificate', value: der.toString('base64') } };
}

function s2sDocument(server: MetadataServer, keys: unknown[], change: Record<string, unknown> = {}) {
  return {
    id: '_0',
    version: '1.0',
    realm,
    serviceName: service,
    issuer: `${service}@${realm}`,
    allowedAudiences: [`${service}@${realm}`],
    keys,
    endpoints: [
      { location: `${server.origin}/metadata`, protocol: 'OAuth2', usage: 'metadata' },
      { location: `${server.origin}/token`, protocol: 'oauth2', usage: 'Issuance' },
    ],
    ...change,
  };
}

function oauthDocument(server: MetadataServer, change: Record<string, unknown> = {}) {
  return {
    issuer: server.origin,
    token_endpoint: `${server.origin}/token`,
    jwks_uri: `${server.origin}/jwks`,
    ...change,
  };
}

function jwk(modulusLength = 2048) {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig' };
}

test('the kind of a document shows in itself; issuer, realm, endpoint and signing keys are pinned', async t => {
  const server = await startMetadataServer(t);
  const servers = await openServers(t, server);
  const good = await s2sKey();
  const expired = await s2sKey({ notBefore: new Date(0), notAfter: new Date(86_400_000) });
  const small = await s2sKey({ rsaBits: 1024 });
  const otherUse = { ...good, usage: 'encryption' };
  server.answers['/s2s'] = document(s2sDocument(server, [otherUse, expired, small, good, good]));
  const s2s = await servers.add('MicrosoftSts', `${server.origin}/s2s?realm=fabrikam.com`, {
    makeDefault: false,
  });
  assert.deepEqual(
    { ...s2s, signingKeys: s2s.signingKeys.length, createdAt: 0, changedAt: 0, refreshedAt: 0 },
    {
      name: 'MicrosoftSts',
      kind: 's2s',
      metadataUrl: `${server.origin}/s2s?realm=fabrikam.com`,
      issuer: `${service}@${realm}`,
      realm,
      tokenEndpoint: `${server.origin}/token`,
      signingKeys: 1,
      isDefault: false,
      createdAt: 0,
      changedAt: 0,
      refreshedAt: 0,
    },
  );
  assert.match(s2s.signingKeys[0]?.thumbprint ?? '', /^[0-9A-F]{40}$/);

  const secret = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const keys = [{ kty: 'oct', k: 'c2VjcmV0' }, { ...jwk(), use: 'enc' }, jwk(1024), jwk(), secret];
  server.answers['/jwks'] = document({ keys });
  server.answers['/oauth'] = document(oauthDocument(server));
  const oauth = await servers.add('Contoso STS', `${server.origin}/oauth`, { makeDefault: true });
  assert.deepEqual(
    [oauth.kind, oauth.issuer, oauth.realm, oauth.isDefault],
    ['oauth', server.origin, null, true],
  );
  assert.equal(oauth.signingKeys.length, 2);
  assert.doesNotMatch(
    JSON.stringify(oauth.signingKeys),
    new RegExp(String(secret.d)),
    'only public members stay',
  );
  assert.deepEqual(
    (await servers.list()).map(({ name }) => name),
    ['Contoso STS', 'MicrosoftSts'],
  );
});

test('each fault of a document or its place has its own words, and pins nothing', async t => {
  const server = await startMetadataServer(t);
  const servers = await openServers(t, server);
  const key = await s2sKey();
  const good = s2sDocument(server, [key]);
  const { endpoints: _, ...withoutEndpoints } = good;
  server.answers['/jwks-none'] = document({ keys: [] });
  server.answers['/jwks-odd'] = document('"no"');
  const faults: [answer: MetadataServer['answers'][string], expected: RegExp, code: string][] = [
    [document(''), /it is empty/, 'metadata-invalid'],
    [document(' \n'), /it is empty/, 'metadata-invalid'],
    [document('{"issuer":'), /it is not JSON/, 'metadata-invalid'],
    [document('[]'), /it is not JSON/, 'metadata-invalid'],
    [document('<EntityDescriptor/>'), /XML or HTML/, 'metadata-invalid'],
    [document({ hello: 'world' }), /neither endpoints nor keys/, 'metadata-invalid'],
    [document(s2sDocument(server, [])), /no signing key/, 'metadata-invalid'],
    [document(s2sDocument(server, [await s2sKey({ rsaBits: 1024 })])), /no signing key/, 'metadata-invalid'],
    [
      document(s2sDocument(server, [{ ...key, keyvalue: { type: 'x509certificate', value: 'AAAA' } }])),
      /not a certificate/,
      'metadata-invalid',
    ],
    [document(withoutEndpoints), /no endpoint that issues tokens/, 'metadata-invalid'],
    [document({ ...good, issuer: undefined, serviceName: undefined }), /no issuer/, 'metadata-invalid'],
    [document({ ...good, issuer: undefined, version: 'Exchange/1.0' }), /no issuer/, 'metadata-invalid'],
    [document({ ...good, issuer: 'a@b@c' }), /no issuer/, 'metadata-invalid'],
    [
      document({ ...good, issuer: `${service}@fabrikam` }),
      /realm "fabrikam" is not a GUID/,
      'metadata-invalid',
    ],
    [
      document({ ...good, issuer: `${service}@${otherRealm}` }),
      /is for the realm 7d1f3f0a/,
      'metadata-invalid',
    ],
    [document({ ...good, endpoints: 'many' }), /malformed at "endpoints"/, 'metadata-invalid'],
    [
      document({
        ...good,
        endpoints: [{ location: 'https://169.254.169.254/t', protocol: 'OAuth2', usage: 'issuance' }],
      }),
      /leads to another place, https:\/\/169\.254\.169\.254/,
      'metadata-invalid',
    ],
    [
      document(oauthDocument(server, { issuer: 'https://evil.example.com' })),
      /issuer leads to another place/,
      'metadata-invalid',
    ],
    [
      document(oauthDocument(server, { jwks_uri: 'http://127.0.0.1/jwks' })),
      /jwks_uri leads to another place/,
      'metadata-invalid',
    ],
    [
      document(oauthDocument(server, { token_endpoint: undefined })),
      /no endpoint that issues tokens/,
      'metadata-invalid',
    ],
    [
      document(oauthDocument(server, { jwks_uri: `${server.origin}/jwks-none` })),
      /no signing key/,
      'metadata-invalid',
    ],
    [
      document(oauthDocument(server, { jwks_uri: `${server.origin}/jwks-odd` })),
      /not a key set/,
      'metadata-invalid',
    ],
    [document('x'.repeat(300 * 1024)), /larger than 262144 bytes/, 'metadata-unreachable'],
    [response => void response.writeHead(500).end(), /HTTP 500/, 'metadata-unreachable'],
    [
      response => void response.writeHead(302, { location: '/s2s' }).end(),
      /HTTP 302 leads to \/s2s/,
      'metadata-unreachable',
    ],
    [
      response => void response.writeHead(200).write('{'),
      /no complete answer within 3000 ms/,
      'metadata-unreachable',
    ],
    [() => undefined, /no complete answer within 3000 ms/, 'metadata-unreachable'],
    [response => void response.destroy(), /ECONNRESET/, 'metadata-unreachable'],
  ]; // prettier-ignore
  for (const [answer, expected, code] of faults) {
    if (answer === undefined) continue;
    server.answers['/document'] = answer;
    await assert.rejects(
      servers.add('Sts', `${server.origin}/document?realm=${realm}`, { makeDefault: true }),
      (error: unknown) => {
        assert.ok(error instanceof AppError);
        assert.match(error.message, expected);
        assert.equal(error.code, code, error.message);
        assert.ok(error.hint);
        return true;
      },
    );
  }
  assert.deepEqual(await servers.list(), []);
  assert.ok(!server.asked.includes('/s2s'), 'a redirect is not followed');
});

test('only public addresses over https, unless the configuration says otherwise', async t => {
  const server = await startMetadataServer(t);
  server.answers['/s2s'] = document(s2sDocument(server, [await s2sKey()]));
  const strict = await openServers(t, server, { settings: { allow_private_addresses: false } });
  const add = (url: string) => strict.add('Sts', url, { makeDefault: false });
  const refused = (message: RegExp) => ({ code: 'metadata-address-refused', message });
  await assert.rejects(add(`${server.origin}/s2s`), refused(/its port is \d+, not 443/));
  await assert.rejects(add('https://127.0.0.1/s2s'), refused(/private address/));
  await assert.rejects(add('https://10.20.30.40/s2s'), refused(/private address/));
  await assert.rejects(add('https://[::1]/s2s'), refused(/not a public host name/));
  await assert.rejects(add('https://localhost/s2s'), refused(/not a public host name/));
  await assert.rejects(add('http://sts.example.com/s2s'), refused(/not https/));
  await assert.rejects(add('https://user:secret@sts.example.com/s2s'), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === 'metadata-address-refused');
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  for (const url of ['sts.example.com', 'ftp://sts.example.com', '', 'https://']) {
    await assert.rejects(add(url), { code: 'usage' }, url);
  }
  assert.deepEqual(server.asked, []);
  const untrusting = await openServers(t, { ...server, ca: (await startMetadataServer(t)).ca });
  await assert.rejects(untrusting.add('Sts', `${server.origin}/s2s`, { makeDefault: false }), {
    code: 'tls-untrusted',
  });
});

test('names and issuers are unique; the one in use stays unless forced', async t => {
  const server = await startMetadataServer(t);
  const servers = await openServers(t, server);
  server.answers['/s2s'] = document(s2sDocument(server, [await s2sKey()]));
  const url = `${server.origin}/s2s`;
  await servers.add('Sts', url, { makeDefault: true });
  await assert.rejects(servers.add('Sts', url, { makeDefault: false }), { code: 'auth-server-exists' });
  await assert.rejects(servers.add('Other', url, { makeDefault: false }), {
    code: 'auth-server-exists',
    message: /"Sts" has the issuer/,
  });
  for (const name of ['', ' x', 'a'.repeat(65), 'a\nb', 'MailbadgeRelay']) {
    await assert.rejects(servers.add(name, url, { makeDefault: false }), { code: 'usage' }, name);
  }
  await assert.rejects(servers.remove('Sts', { force: false }), { code: 'auth-server-in-use' });
  await assert.rejects(servers.remove('Nobody', { force: true }), { code: 'auth-server-not-found' });
  await servers.remove('Sts', { force: true });
  assert.deepEqual(await servers.list(), []);
});

test('refreshing takes new keys and tells them, and refuses another identity', async t => {
  const server = await startMetadataServer(t);
  const servers = await openServers(t, server);
  const [old, next] = [await s2sKey(), await s2sKey()];
  server.answers['/s2s'] = document(s2sDocument(server, [old]));
  const url = `${server.origin}/s2s`;
  const before = await servers.add('Sts', url, { makeDefault: true });
  assert.deepEqual(await servers.refresh('Sts'), { came: [], went: [] });
  server.answers['/s2s'] = document(s2sDocument(server, [next]));
  const change = await servers.refresh('Sts');
  const after = await servers.find('Sts');
  assert.deepEqual(change, {
    came: [after.signingKeys[0]?.thumbprint],
    went: [before.signingKeys[0]?.thumbprint],
  });
  for (const issuer of [`${service}@${otherRealm}`, `11111111-0000-0ff1-ce00-000000000000@${realm}`]) {
    server.answers['/s2s'] = document(s2sDocument(server, [old], { issuer }));
    await assert.rejects(servers.refresh('Sts'), {
      code: 'auth-server-identity-changed',
      hint: /an intended change needs remove and add/,
    });
  }
  assert.deepEqual(await servers.find('Sts'), after);
  const moved = await servers.set('Sts', { metadataUrl: `${url}?moved`, makeDefault: false });
  assert.notEqual(moved.issuer, after.issuer, 'an administrator who names another URL means it');
  assert.equal(moved.isDefault, true);
});

test('the commands work on the relay’s own server and beside it; tokens come from the default one', async t => {
  const relay = await startTestRelay(t);
  const folder = await mkdtemp(join(tmpdir(), 'mailbadge-proxy-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'proxy.yml');
  await writeFile(
    config,
    JSON.stringify({
      database: { path: join(folder, 'proxy.db') },
      key_file: join(folder, 'proxy.key'),
      public_url: 'https://push.fabrikam.com',
      relay: { dangerously_allow_http: true, timeout: '30s' },
      mailboxes: {},
    }),
  );
  const trust = (...args: string[]): Promise<CommandResult> =>
    mailbadge(['proxy', 'trust', ...args, '--config', config]);
  const setUp = await trust('set-up', '--organization', 'fabrikam.com', '--relay', relay.issuer);
  assert.equal(setUp.status, 0, setUp.stderr);

  const listed = await trust('auth-server', 'list', '--json');
  const [own] = (JSON.parse(listed.stdout) as { authServers: Record<string, unknown>[] }).authServers;
  assert.deepEqual(
    [own?.['name'], own?.['kind'], own?.['issuer'], own?.['isDefault']],
    ['MailbadgeRelay', 'relay', relay.issuer, true],
  );
  assert.equal((own?.['signingKeys'] as unknown[] | undefined)?.length, 1);

  const url = `${relay.issuer}/.well-known/mailbadge-relay`;
  const twice = await trust('auth-server', 'add', 'Again', '--metadata-url', url);
  assert.equal(twice.status, 1);
  assert.match(twice.stderr, /"MailbadgeRelay" has the issuer/);
  const reserved = await trust('auth-server', 'set', 'MailbadgeRelay', '--metadata-url', url);
  assert.equal(reserved.status, 2);
  assert.match(reserved.stderr, /hint: .*trust set-up --relay/);
  assert.equal((await trust('auth-server', 'set', 'MailbadgeRelay')).status, 2);
  const inUse = await trust('auth-server', 'remove', 'MailbadgeRelay');
  assert.equal(inUse.status, 1);
  const refreshed = await trust('auth-server', 'refresh');
  assert.equal(refreshed.stdout, 'MailbadgeRelay: the same keys as before\n');

  const { realm: ownRealm } = await enrolOrganization(relay);
  const s2sUrl = `${relay.issuer}/metadata/json/1?realm=${ownRealm}`;
  const added = await trust('auth-server', 'add', 'RelayS2S', '--metadata-url', s2sUrl, '--default');
  assert.equal(added.status, 0, added.stderr);
  assert.match(added.stdout, /^Type +: S2S$/m);
  assert.match(added.stdout, new RegExp(`^Realm +: ${ownRealm}$`, 'm'));
  const { enrolment } = await relay.administration.newEnrolmentCode('fabrikam.com');
  const code = { env: { MAILBADGE_ENROLMENT_CODE: enrolment.code.reveal() } };
  const connected = await mailbadge(['proxy', 'trust', 'connect', '--config', config], code);
  assert.equal(connected.status, 0, connected.stderr);
  const status = await trust('status');
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stdout, /^AuthServer +: RelayS2S$/m);

  const again = await trust('set-up', '--organization', 'fabrikam.com', '--relay', relay.issuer);
  assert.match(again.stdout, /AuthServer Config already exists\./);
  const removed = await trust('auth-server', 'remove', 'MailbadgeRelay');
  assert.equal(removed.status, 2, 'there is no terminal to ask on');
  assert.match(removed.stderr, /--force/);
  assert.equal((await trust('auth-server', 'remove', 'MailbadgeRelay', '--force')).status, 0);
});
