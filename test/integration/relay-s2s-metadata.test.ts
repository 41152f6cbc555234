// The S2S metadata document, and the certificate of the token-signing key in it: openssl is the second opinion.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose';
import { z } from 'zod';
import { createRelay } from '../../src/relay/relay.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { assertDocumented } from '../fixtures/documented-relay.ts';
import { accessToken, enrolOrganization, startTestRelay } from '../fixtures/relay.ts';

const documentSchema = z.strictObject({
  id: z.string().regex(/^_[0-9a-f-]{36}$/),
  version: z.literal('1.0'),
  name: z.string(),
  realm: z.guid(),
  serviceName: z.guid(),
  issuer: z.string(),
  allowedAudiences: z.array(z.string()),
  keys: z.array(
    z.strictObject({
      usage: z.literal('signing'),
      keyinfo: z.strictObject({ x5t: z.string().regex(/^[A-Za-z0-9_-]{27}$/) }),
      keyvalue: z.strictObject({ type: z.literal('x509Certificate'), value: z.base64() }),
    }),
  ),
  endpoints: z.array(z.strictObject({ location: z.url(), protocol: z.literal('OAuth2'), usage: z.string() })),
});

async function documentOf(issuer: string, query: string) {
  const url = `${issuer}/metadata/json/1${query}`;
  const response = await fetch(url);
  await assertDocumented('GET', new URL(url).pathname, response);
  assert.equal(response.status, 200, query);
  assert.match(response.headers.get('cache-control') ?? '', /max-age=\d+/);
  return documentSchema.parse(await response.json());
}

function openssl(args: string[], input: string): string {
  return execFileSync('openssl', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

test('tells a realm by domain or GUID, and verifies the tokens of that organization', async t => {
  const relay = await startTestRelay(t);
  const { issuer } = relay;
  const organization = await enrolOrganization(relay);
  const document = await documentOf(issuer, '?realm=Fabrikam.com');
  assert.deepEqual(await documentOf(issuer, `/?realm=${organization.realm.toUpperCase()}`), document);
  assert.equal(document.realm, organization.realm);
  assert.equal(document.issuer, `${document.serviceName}@${organization.realm}`);
  assert.deepEqual(document.endpoints[0], {
    location: `${issuer}/oauth/token`,
    protocol: 'OAuth2',
    usage: 'issuance',
  });

  const [key] = document.keys;
  const der = key?.keyvalue.value ?? '';
  assert.equal(createHash('sha1').update(der, 'base64').digest('base64url'), key?.keyinfo.x5t);
  const pem = `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  const token = await accessToken(relay, organization);
  assert.equal(
    decodeProtectedHeader(token).x5t,
    key?.keyinfo.x5t,
    'a receiver that knows no kid finds the key',
  );
  await jwtVerify(token, await importX509(pem, 'RS256'), { issuer, audience: `${issuer}/v1` });
  const read = openssl(['x509', '-noout', '-subject', '-issuer', '-fingerprint', '-sha1'], pem);
  assert.match(read, /subject=CN ?= ?127\.0\.0\.1\nissuer=CN ?= ?127\.0\.0\.1\n/);
  const fingerprint = /=([0-9A-F:]{59})/.exec(read)?.[1]?.replaceAll(':', '');
  assert.equal(
    fingerprint,
    Buffer.from(key?.keyinfo.x5t ?? '', 'base64url')
      .toString('hex')
      .toUpperCase(),
  );
});

test('the certificate is kept: its thumbprint outlives a restart; after a rotation the new key stands first', async t => {
  const relay = await startTestRelay(t);
  await enrolOrganization(relay);
  const [before] = (await documentOf(relay.issuer, '?realm=fabrikam.com')).keys;
  const again = createRelay(
    { ...relay.config, listen: { ...relay.config.listen, port: 0 } },
    { logger: silentLogger },
  );
  await again.start();
  t.after(() => again[Symbol.asyncDispose]());
  const [restarted] = (await documentOf(`http://127.0.0.1:${again.ports.public}`, '?realm=fabrikam.com'))
    .keys;
  assert.deepEqual(restarted, before);
  await relay.relay.rotateSigningKey();
  const after = (await documentOf(relay.issuer, '?realm=fabrikam.com')).keys;
  assert.equal(after.length, 2);
  assert.notDeepEqual(after[0], before);
  assert.deepEqual(after[1], before);
});

test('an unknown and a deactivated realm have no document', async t => {
  const relay = await startTestRelay(t);
  await enrolOrganization(relay);
  const status = async (query: string) => (await fetch(`${relay.issuer}/metadata/json/1${query}`)).status;
  assert.equal(await status('?realm=nobody.example'), 404);
  assert.equal(await status('?realm=6f1ed002-ab5c-4b1f-8d5a-3f6a1c0e9b11'), 404);
  assert.equal(await status(''), 400);
  assert.equal(await status(`?realm=${'x'.repeat(300)}`), 400);
  await relay.administration.deactivateOrganization('fabrikam.com', 'left');
  assert.equal(await status('?realm=fabrikam.com'), 404);
});
