// The token endpoint over real HTTP: who gets a token, and that everybody else is told why not.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import {
  accessToken,
  clientAssertion,
  enrolOrganization,
  requestToken,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';

const hour = 3600;
const seconds = (): number => Math.floor(Date.now() / 1000);
const sha1 = (der: Buffer): string => createHash('sha1').update(der).digest('base64url');

async function refusal(relay: TestRelay, assertion: string) {
  const response = await requestToken(relay, assertion);
  const body = (await response.json()) as { error: string; error_description: string; code: string };
  assert.equal(response.status, 401, JSON.stringify(body));
  assert.equal(body.error, 'invalid_client');
  assert.match(body.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/); // RFC 6749 §5.2
  return body;
}

async function enrolledRelay(t: TestContext) {
  const relay = await startTestRelay(t);
  return { relay, organization: await enrolOrganization(relay) };
}

/** As time would: its end has passed. */
function endCredential({ config }: TestRelay, keyId: string): void {
  const database = new DatabaseSync(config.database.path);
  database.prepare('UPDATE key_credential SET end_at = ? WHERE id = ?').run(Date.now() - 1, keyId);
  database.close();
}

test('each kind of key gets an RFC 9068 token that names organization and credential', async t => {
  const relay = await startTestRelay(t);
  for (const key of ['rsa', 'rsa-pss', 'p-256'] as const) {
    const certificate = await makeOrganizationCertificate({ key });
    const organization = await enrolOrganization(relay, { domain: `${key}.fabrikam.com`, certificate });
    const token = await accessToken(relay, organization);
    const { typ, alg, kid, x5t } = decodeProtectedHeader(token);
    assert.deepEqual({ typ, alg }, { typ: 'at+jwt', alg: 'RS256' });
    assert.ok(kid && x5t);
    const named = { 'x5t#S256': certificate.thumbprint, x5t: sha1(certificate.der) };
    const byThumbprints = await clientAssertion(relay, organization, { header: named });
    assert.equal((await requestToken(relay, byThumbprints)).status, 200);
    const { iat = 0, exp = 0, jti, ...claims } = decodeJwt(token);
    assert.equal(exp - iat, 600);
    assert.ok(jti);
    assert.deepEqual(claims, {
      iss: relay.issuer,
      aud: `${relay.issuer}/v1`,
      sub: organization.clientId,
      client_id: organization.clientId,
      organization: organization.organizationId,
      realm: organization.realm,
      credential: certificate.thumbprint,
    });
  }
});

test('one assertion sent 20 times at once gives one token', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const assertion = await clientAssertion(relay, organization);
  const responses = await Promise.all(Array.from({ length: 20 }, () => requestToken(relay, assertion)));
  assert.equal(responses.filter(response => response.status === 200).length, 1);
  const refused = responses.filter(response => response.status === 401);
  assert.equal(refused.length, 19);
  for (const response of refused) {
    assert.equal(((await response.json()) as { code: string }).code, 'proof-replayed');
  }
});

test('a wrong assertion is refused with a code that tells what is wrong', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const other = await enrolOrganization(relay, { domain: 'contoso.com' });
  const wrong: [name: string, code: string, Parameters<typeof clientAssertion>[2]][] = [
    ['another audience', 'proof-invalid', { claims: { aud: 'https://elsewhere.example' } }],
    ['the token endpoint as audience', 'proof-invalid', { claims: { aud: `${relay.issuer}/oauth/token` } }],
    [
      'a list of audiences',
      'proof-invalid',
      { claims: { aud: [relay.issuer, 'https://elsewhere.example'] } },
    ],
    ['a list of our audience alone', 'proof-invalid', { claims: { aud: [relay.issuer] } }],
    ['no audience', 'proof-invalid', { claims: { aud: undefined } }],
    ['no kid', 'proof-invalid', { header: { kid: undefined } }],
    ['an x5t#S256 that is not the kid', 'proof-invalid', { header: { 'x5t#S256': stranger.thumbprint } }],
    ['an unknown kid', 'credential-not-registered', { header: { kid: stranger.thumbprint } }],
    ["another client's kid", 'credential-not-registered', { header: { kid: other.certificate.thumbprint } }],
    ['no exp', 'proof-invalid', { claims: { exp: undefined } }],
    ['an exp in an hour', 'proof-invalid', { claims: { exp: seconds() + hour } }],
    ['an exp of no number', 'proof-invalid', { claims: { exp: 'soon' } }],
    [
      'a clock an hour behind',
      'clock-skewed',
      { claims: { iat: seconds() - hour, exp: seconds() - hour + 60 } },
    ],
    [
      'a clock an hour ahead',
      'clock-skewed',
      { claims: { iat: seconds() + hour, exp: seconds() + hour + 60 } },
    ],
    ['an nbf in the future', 'clock-skewed', { claims: { nbf: seconds() + hour } }],
    ['no jti', 'proof-invalid', { claims: { jti: undefined } }],
    ['a jti of no string', 'proof-invalid', { claims: { jti: 17 } }],
    ['a jti without end', 'proof-invalid', { claims: { jti: 'x'.repeat(10_000) } }],
    ['another issuer', 'proof-invalid', { claims: { iss: other.clientId } }],
  ];
  for (const [name, code, change] of wrong) {
    await t.test(name, async () => {
      const body = await refusal(relay, await clientAssertion(relay, organization, change));
      assert.equal(body.code, code, body.error_description);
    });
  }
  await t.test('a stranger signs with our kid', async () => {
    const forged = await clientAssertion(relay, {
      ...organization,
      certificate: { ...stranger, thumbprint: organization.certificate.thumbprint },
    });
    const body = await refusal(relay, forged);
    assert.equal(body.code, 'proof-invalid');
    assert.match(body.error_description, /signature/);
  });
  await t.test('an unknown client', async () => {
    const body = await refusal(relay, await clientAssertion(relay, { ...organization, clientId: 'nobody' }));
    assert.equal(body.code, 'credential-not-registered');
  });
});

test('unsigned and symmetric assertions are refused', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const good = await clientAssertion(relay, organization);
  const [, payload = ''] = good.split('.');
  const { kid } = decodeProtectedHeader(good);
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg, kid })).toString('base64url');
  const publicKeyAsSecret = organization.certificate.der;
  const symmetric = await new SignJWT(decodeJwt(good))
    .setProtectedHeader({ alg: 'HS256', kid: kid ?? '' })
    .sign(publicKeyAsSecret);
  for (const assertion of [
    `${header('none')}.${payload}.`,
    symmetric,
    `${header('RS256')}.${payload}.AAAA`,
  ]) {
    assert.equal((await refusal(relay, assertion)).code, 'proof-invalid');
  }
});

test('a flood of unsigned assertions leaves nothing in the table of used identifiers', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const jti = 'the one that the real client will use';
  const forged = await clientAssertion(
    relay,
    { ...organization, certificate: { ...stranger, thumbprint: organization.certificate.thumbprint } },
    { claims: { jti } },
  );
  assert.equal((await requestToken(relay, forged)).status, 401);
  const genuine = await clientAssertion(relay, organization, { claims: { jti } });
  assert.equal((await requestToken(relay, genuine)).status, 200, 'the jti was not burnt by a stranger');
});

test('an expired, a revoked and a deactivated holder get no token', async t => {
  const relay = await startTestRelay(t);
  const expired = await enrolOrganization(relay, { domain: 'expired.example.com' });
  const revoked = await enrolOrganization(relay, { domain: 'revoked.example.com' });
  const inactive = await enrolOrganization(relay, { domain: 'inactive.example.com' });
  endCredential(relay, expired.certificate.thumbprint);
  await relay.administration.revokeCredential(revoked.certificate.thumbprint, 'lost');
  await relay.administration.deactivateOrganization(inactive.domain, 'left');

  assert.equal((await refusal(relay, await clientAssertion(relay, revoked))).code, 'credential-revoked');
  assert.equal((await refusal(relay, await clientAssertion(relay, inactive))).code, 'organization-inactive');
  assert.equal((await refusal(relay, await clientAssertion(relay, expired))).code, 'certificate-expired');
});

test('what is not a token request is refused without a 500', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const url = `${relay.issuer}/oauth/token`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const assertion = await clientAssertion(relay, organization);
  const requests: [name: string, RequestInit][] = [
    ['nothing', { method: 'POST' }],
    ['JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['no grant type', { method: 'POST', headers: form, body: `client_assertion=${assertion}` }],
    [
      'a password',
      {
        method: 'POST',
        headers: form,
        body: `grant_type=client_credentials&client_id=${organization.clientId}&client_secret=x`,
      },
    ],
    ['no client', { method: 'POST', headers: form, body: 'grant_type=client_credentials' }],
    [
      'a broken assertion',
      {
        method: 'POST',
        headers: form,
        body: 'grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=x.y.z',
      },
    ],
    [
      'two assertions',
      {
        method: 'POST',
        headers: form,
        body: 'client_assertion=a&client_assertion=b&grant_type=client_credentials',
      },
    ],
    ['a huge body', { method: 'POST', headers: form, body: `x=${'y'.repeat(100_000)}` }],
    ['binary', { method: 'POST', headers: form, body: new Uint8Array([0xff, 0xfe, 0x00, 0x25]) }],
    ['GET', { method: 'GET' }],
  ];
  for (const [name, init] of requests) {
    const response = await fetch(url, init);
    assert.ok(response.status >= 400 && response.status < 500, `${name}: ${response.status}`);
    assert.doesNotMatch(await response.text(), /<html/i, name);
  }
  const html = await fetch(url, { method: 'POST', headers: { ...form, accept: 'text/html' }, body: 'x=y' });
  assert.match(html.headers.get('content-type') ?? '', /application\/json/);
  const otherGrant = await requestToken(relay, assertion, { grant_type: 'authorization_code' });
  assert.equal(otherGrant.status, 400);
  const otherResource = await requestToken(relay, await clientAssertion(relay, organization), {
    resource: 'https://elsewhere.example',
  });
  assert.equal(((await otherResource.json()) as { error: string }).error, 'invalid_target');
});

test('after a rotation new tokens are signed anew, and those already issued stay good', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const before = await accessToken(relay, organization);
  await relay.relay.rotateSigningKey();
  const after = await accessToken(relay, organization);
  const kids = [before, after].map(token => decodeProtectedHeader(token).kid);
  assert.notEqual(kids[0], kids[1]);
  const jwks = (await (await fetch(`${relay.issuer}/oauth/jwks`)).json()) as {
    keys: { kid: string; d?: string }[];
  };
  assert.deepEqual(
    jwks.keys.map(key => key.kid),
    [kids[1], kids[0]],
  );
  assert.ok(jwks.keys.every(key => key.d === undefined));
});

test('an administrator sees when a credential was last used', async t => {
  const { relay, organization } = await enrolledRelay(t);
  const [unused] = await relay.administration.credentials(organization.domain);
  assert.equal(unused?.lastUsedAt, null);
  const before = Date.now();
  await accessToken(relay, organization);
  const [used] = await relay.administration.credentials(organization.domain);
  assert.ok((used?.lastUsedAt ?? 0) >= before);
});
