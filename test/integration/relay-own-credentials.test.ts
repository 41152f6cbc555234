// /v1/credentials over real HTTP: an organization's proxy looks after its own key credentials, and nobody else's.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { SignJWT } from 'jose';
import {
  type CredentialDetail,
  credentialAnswerSchema,
  credentialListSchema,
} from '../../src/contract/credentials.ts';
import { proofType } from '../../src/contract/enrolment.ts';
import { problemSchema } from '../../src/contract/problem.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { assertDocumented } from '../fixtures/documented-relay.ts';
import {
  makeOrganizationCertificate,
  type OrganizationCertificate,
} from '../fixtures/organization-certificate.ts';
import {
  accessToken,
  clientAssertion,
  type EnrolledOrganization,
  enrolOrganization,
  requestToken,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';

const seconds = (): number => Math.floor(Date.now() / 1000);

async function organizations(t: TestContext) {
  const relay = await startTestRelay(t);
  const fabrikam = await enrolOrganization(relay);
  const contoso = await enrolOrganization(relay, { domain: 'contoso.com' });
  const next = await makeOrganizationCertificate({ key: 'p-256' });
  return { relay, fabrikam, contoso, next, token: await accessToken(relay, fabrikam) };
}

async function addition(
  { issuer }: TestRelay,
  { realm, certificate: current }: EnrolledOrganization,
  certificate: OrganizationCertificate,
  {
    claims = {},
    signer = certificate,
    ...dates
  }: {
    claims?: Record<string, unknown>;
    signer?: OrganizationCertificate;
    startAt?: number;
    endAt?: number;
  } = {},
) {
  const proof = await new SignJWT({
    iss: certificate.thumbprint,
    sub: certificate.thumbprint,
    aud: issuer,
    iat: seconds(),
    exp: seconds() + 300,
    jti: systemRandom.uuid(),
    realm,
    credential: current.thumbprint,
    ...claims,
  })
    .setProtectedHeader({ alg: signer.algorithm, typ: proofType })
    .sign(signer.privateKey);
  return { certificate: certificate.der.toString('base64'), proof, ...dates };
}

async function call(
  { issuer }: TestRelay,
  token: string | undefined,
  { method = 'GET', path = '', body }: { method?: string; path?: string; body?: unknown } = {},
): Promise<Response> {
  const url = `${issuer}/v1/credentials${path}`;
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await assertDocumented(method, new URL(url).pathname, response);
  return response;
}

async function listed(relay: TestRelay, token: string): Promise<CredentialDetail[]> {
  return credentialListSchema.parse(await (await call(relay, token)).json()).credentials;
}

async function problemOf(response: Response) {
  const problem = problemSchema.parse(await response.json());
  assert.equal(problem.status, response.status);
  return problem;
}

test('a further certificate is added once, gets tokens, and everything stands in the audit log', async t => {
  const { relay, fabrikam, next, token } = await organizations(t);
  const added = await call(relay, token, { method: 'POST', body: await addition(relay, fabrikam, next) });
  assert.equal(added.status, 201);
  const { credential } = credentialAnswerSchema.parse(await added.json());
  assert.equal(credential.keyId, next.thumbprint);
  assert.equal(credential.thumbprint, createHash('sha1').update(next.der).digest('hex').toUpperCase());
  assert.deepEqual([credential.type, credential.usage], ['asymmetric', 'verify']);
  assert.deepEqual(
    [credential.registeredBy, credential.lastUsedAt, credential.inUse],
    ['rotation', null, false],
  );
  const again = await call(relay, token, { method: 'POST', body: await addition(relay, fabrikam, next) });
  assert.equal(again.status, 200, 'reported, not added');
  assert.equal((await listed(relay, token)).length, 2);
  assert.equal(
    (await requestToken(relay, await clientAssertion(relay, { ...fabrikam, certificate: next }))).status,
    200,
  );

  const removed = await call(relay, token, { method: 'DELETE', path: `/${next.thumbprint}` });
  assert.ok(credentialAnswerSchema.parse(await removed.json()).credential.revokedAt);
  assert.equal(
    (await call(relay, token, { method: 'DELETE', path: `/${next.thumbprint}` })).status,
    200,
    'again',
  );
  const refused = await requestToken(relay, await clientAssertion(relay, { ...fabrikam, certificate: next }));
  assert.equal(((await refused.json()) as { code: string }).code, 'credential-revoked');
  const { entries } = await relay.administration.audit({ organization: 'fabrikam.com', limit: 100 });
  assert.deepEqual(
    entries
      .filter(({ action }) => action.startsWith('credential.'))
      .map(({ action, actorKind, actor, subject }) => ({ action, actorKind, actor, subject }))
      .reverse(),
    [
      {
        action: 'credential.register',
        actor: fabrikam.certificate.thumbprint,
        subject: fabrikam.certificate.thumbprint,
      },
      { action: 'credential.register', actor: fabrikam.certificate.thumbprint, subject: next.thumbprint },
      { action: 'credential.revoke', actor: fabrikam.certificate.thumbprint, subject: next.thumbprint },
    ].map(entry => ({ ...entry, actorKind: 'proxy' })),
  );
});

test('the list tells which credential is in use, since when, and from where', async t => {
  const { relay, fabrikam, next, token } = await organizations(t);
  await call(relay, token, { method: 'POST', body: await addition(relay, fabrikam, next) });
  const before = await listed(relay, token);
  assert.deepEqual(
    before.map(({ inUse }) => inUse),
    [true, false],
  );
  const response = await fetch(`${relay.issuer}/oauth/token`, {
    method: 'POST',
    headers: { 'user-agent': 'Mailbadge-Proxy/3.2.1' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await clientAssertion(relay, { ...fabrikam, certificate: next }),
    }),
  });
  assert.equal(response.status, 200);
  const [old, used] = await listed(relay, token);
  assert.deepEqual([old?.inUse, used?.inUse], [false, true]);
  assert.deepEqual([used?.lastVersion, used?.lastAddress], ['3.2.1', '127.0.0.1']);
});

test("nothing reaches another organization's credentials, or tells that they exist", async t => {
  const { relay, fabrikam, contoso, token } = await organizations(t);
  assert.deepEqual(
    (await listed(relay, token)).map(({ keyId }) => keyId),
    [fabrikam.certificate.thumbprint],
  );
  const remove = (keyId: string) => call(relay, token, { method: 'DELETE', path: `/${keyId}` });
  const foreign = await problemOf(await remove(contoso.certificate.thumbprint));
  const unknown = await problemOf(await remove('A'.repeat(43)));
  assert.deepEqual({ ...foreign, traceId: '' }, { ...unknown, traceId: '' });
  assert.equal(foreign.status, 404);
  assert.equal((await remove('not-a-key-id')).status, 400);
  assert.equal((await requestToken(relay, await clientAssertion(relay, contoso))).status, 200, 'still there');
  const stolen = await call(relay, token, {
    method: 'POST',
    body: await addition(relay, fabrikam, contoso.certificate),
  });
  assert.equal((await problemOf(stolen)).code, 'credential-duplicate');
});

test('a proof for anything else is refused, and adds nothing', async t => {
  const { relay, fabrikam, contoso, next, token } = await organizations(t);
  const body = await addition(relay, fabrikam, next);
  const rsa = await makeOrganizationCertificate({ key: 'rsa' });
  const expired = await makeOrganizationCertificate({
    key: 'p-256',
    notBefore: new Date(Date.now() - 2000),
    notAfter: new Date(Date.now() - 1000),
  });
  const cases: [name: string, code: string, body: unknown][] = [
    [
      "another key's",
      'proof-invalid',
      await addition(relay, fabrikam, next, { signer: fabrikam.certificate }),
    ],
    [
      'another relay',
      'proof-invalid',
      await addition(relay, fabrikam, next, { claims: { aud: 'https://other.example' } }),
    ],
    [
      'another realm',
      'proof-invalid',
      await addition(relay, fabrikam, next, { claims: { realm: contoso.realm } }),
    ],
    ['no realm', 'proof-invalid', await addition(relay, fabrikam, next, { claims: { realm: undefined } })],
    [
      'another calling credential',
      'proof-invalid',
      await addition(relay, fabrikam, next, { claims: { credential: contoso.certificate.thumbprint } }),
    ],
    [
      'valid for an hour',
      'proof-invalid',
      await addition(relay, fabrikam, next, { claims: { exp: seconds() + 3600 } }),
    ],
    ['milliseconds', 'clock-skewed', await addition(relay, fabrikam, next, { claims: { iat: Date.now() } })],
    ['an expired certificate', 'certificate-expired', await addition(relay, fabrikam, expired)],
    [
      'seconds for milliseconds',
      'certificate-invalid',
      await addition(relay, fabrikam, next, { startAt: seconds() }),
    ],
    ['an end too late', 'certificate-invalid', await addition(relay, fabrikam, next, { endAt: 8.64e15 })],
    ['an unknown member', 'invalid-request', { ...body, organization: contoso.domain }],
    ['no proof', 'invalid-request', { certificate: body.certificate }],
  ];
  for (const [name, code, wrong] of cases) {
    const problem = await problemOf(await call(relay, token, { method: 'POST', body: wrong }));
    assert.equal(problem.code, code, `${name}: ${problem.detail}`);
    assert.ok(problem.hint, name);
  }
  assert.equal((await problemOf(await call(relay, undefined))).code, 'token-missing');
  assert.equal((await listed(relay, token)).length, 1);
  assert.equal((await call(relay, token, { method: 'POST', body })).status, 201, 'the proof was not used up');
  assert.equal((await problemOf(await call(relay, token, { method: 'POST', body }))).code, 'proof-replayed');
  const shorter = { startAt: Date.now() - 1000, endAt: Date.now() + 86_400_000 };
  const within = await call(relay, token, {
    method: 'POST',
    body: await addition(relay, fabrikam, rsa, shorter),
  });
  const { credential } = credentialAnswerSchema.parse(await within.json());
  assert.deepEqual([credential.startAt, credential.endAt], [shorter.startAt, shorter.endAt]);
});
