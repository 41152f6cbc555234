// Direct trust over real HTTP: access tokens that an organization signed itself, where that is switched on for it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SignJWT } from 'jose';
import { problemSchema } from '../../src/contract/problem.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import {
  clientAssertion,
  type EnrolledOrganization,
  enrolOrganization,
  postJson,
  requestToken,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';
import { until } from '../fixtures/until.ts';

const seconds = (): number => Math.floor(Date.now() / 1000);

async function selfSigned(
  { issuer }: TestRelay,
  { clientId, realm, certificate }: EnrolledOrganization,
  { header = {}, claims = {} }: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {},
): Promise<string> {
  const now = seconds(); // once: 601 s would be too long
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    client_id: clientId,
    aud: `${issuer}/v1`,
    realm,
    iat: now,
    exp: now + 600,
    jti: systemRandom.uuid(),
    ...claims,
  })
    .setProtectedHeader({ alg: certificate.algorithm, typ: 'at+jwt', kid: certificate.thumbprint, ...header })
    .sign(certificate.privateKey);
}

/** What a caller who was let in is told of a request that makes no sense. */
const letIn = 'invalid-request';

async function answerTo({ issuer }: TestRelay, token: string, headers: Record<string, string> = {}) {
  const request = { appId: 'com.fabrikam.mail', sealedTarget: 'not sealed' };
  const response = await postJson(`${issuer}/v1/targets/describe`, request, {
    authorization: `Bearer ${token}`,
    ...headers,
  });
  return problemSchema.parse(await response.json());
}

async function trusted(t: TestContext) {
  const relay = await startTestRelay(t);
  const organization = await enrolOrganization(relay);
  await relay.administration.changeOrganization(organization.domain, { directTrust: true });
  return { relay, organization };
}

test('each kind of key lets in, any number of times, and its use is noted', async t => {
  const relay = await startTestRelay(t);
  for (const key of ['rsa', 'rsa-pss', 'p-256'] as const) {
    const certificate = await makeOrganizationCertificate({ key });
    const organization = await enrolOrganization(relay, { domain: `${key}.fabrikam.com`, certificate });
    await relay.administration.changeOrganization(organization.domain, { directTrust: true });
    const token = await selfSigned(relay, organization, { header: { 'x5t#S256': certificate.thumbprint } });
    const agent = { 'user-agent': 'Mailbadge-Proxy/4.5.6' };
    assert.equal((await answerTo(relay, token, agent)).code, letIn, key);
    assert.equal((await answerTo(relay, token)).code, letIn, 'a bearer token: again within its lifetime');
    const [credential] = await relay.administration.credentials(organization.domain);
    assert.deepEqual([credential?.lastVersion, credential?.lastAddress], ['4.5.6', '127.0.0.1']);
    assert.ok(Date.now() - (credential?.lastUsedAt ?? 0) < 60_000);
  }
});

test('it is off unless switched on, and off again without a restart', async t => {
  const relay = await startTestRelay(t);
  const organization = await enrolOrganization(relay);
  const token = await selfSigned(relay, organization);
  const refused = await answerTo(relay, token);
  assert.deepEqual([refused.code, refused.status], ['direct-trust-not-allowed', 403]);
  const becomes = (code: string) => until(code, async () => (await answerTo(relay, token)).code === code);
  await relay.administration.changeOrganization(organization.domain, { directTrust: true });
  await becomes(letIn);
  await relay.administration.changeOrganization(organization.domain, { directTrust: false });
  await becomes('direct-trust-not-allowed');
  await relay.administration.changeOrganization(organization.domain, { directTrust: true });
  await becomes(letIn);
  await relay.administration.revokeCredential(organization.certificate.thumbprint, 'lost');
  await becomes('credential-revoked');
});

test("nobody gets in by another organization's key or name, or by what was made for another purpose", async t => {
  const { relay, organization } = await trusted(t);
  const other = await enrolOrganization(relay, { domain: 'contoso.com' });
  await relay.administration.changeOrganization('contoso.com', { directTrust: true });
  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const { certificate } = organization;
  const cases: [name: string, code: string, token: string][] = [
    [
      'another kid',
      'credential-not-registered',
      await selfSigned(relay, organization, { header: { kid: other.certificate.thumbprint } }),
    ],
    ["another's name", 'credential-not-registered', await selfSigned(relay, { ...other, certificate })],
    [
      "another's realm",
      'token-realm-mismatch',
      await selfSigned(relay, organization, { claims: { realm: other.realm } }),
    ],
    [
      "a stranger's key",
      'credential-not-registered',
      await selfSigned(relay, { ...organization, certificate: stranger }),
    ],
    [
      "a stranger's key under our kid",
      'token-signature-invalid',
      await selfSigned(relay, {
        ...organization,
        certificate: { ...stranger, thumbprint: certificate.thumbprint },
      }),
    ],
    ['an assertion', 'token-kind-not-allowed', await clientAssertion(relay, organization)],
    [
      'for another relay',
      'token-audience-wrong',
      await selfSigned({ ...relay, issuer: 'https://other.example' }, organization),
    ],
    [
      'valid for an hour',
      'token-lifetime-too-long',
      await selfSigned(relay, organization, { claims: { exp: seconds() + 3600 } }),
    ],
    [
      'made in the future',
      'token-not-yet-valid',
      await selfSigned(relay, organization, { claims: { iat: seconds() + 3600, exp: seconds() + 3660 } }),
    ],
  ];
  for (const [name, code, token] of cases) {
    const problem = await answerTo(relay, token);
    assert.equal(problem.code, code, `${name}: ${problem.detail}`);
    assert.ok(problem.hint, name);
  }
  const asAssertion = await requestToken(relay, await selfSigned(relay, organization));
  assert.equal(asAssertion.status, 401, 'an access token is no assertion');
});
