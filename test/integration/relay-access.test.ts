// Who may call an organization's operations: access tokens over real HTTP, and how fast a revocation acts.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { problemSchema } from '../../src/contract/problem.ts';
import { relayMetadataPath, relayMetadataSchema } from '../../src/contract/relay-metadata.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { assertDocumented } from '../fixtures/documented-relay.ts';
import {
  accessToken,
  clientAssertion,
  enrolOrganization,
  postJson,
  requestToken,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';

/** Something that only a caller gets to hear of. */
const request = { appId: 'com.fabrikam.mail', sealedTarget: 'not sealed' };

async function call(relay: TestRelay, authorization?: string, headers: Record<string, string> = {}) {
  const response = await postJson(`${relay.issuer}/v1/targets/describe`, request, {
    ...headers,
    ...(authorization === undefined ? {} : { authorization }),
  });
  return { response, problem: problemSchema.parse(await response.json()) };
}

/** What a caller who was let in is told of this request. */
const letIn = 'invalid-request';

async function becomes(relay: TestRelay, token: string, code: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const askedAt = Date.now(); // the answer may take its time
    const { problem } = await call(relay, `Bearer ${token}`);
    if (problem.code === code) return;
    assert.equal(problem.code, letIn);
    assert.ok(askedAt < deadline, `not ${code} within ${withinMs} ms`);
  }
}

test('a token lets in; none, garbage and others do not', async t => {
  const relay = await startTestRelay(t);
  const organization = await enrolOrganization(relay);
  const token = await accessToken(relay, organization);
  assert.equal((await call(relay, `Bearer ${token}`)).problem.code, letIn);

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { kid = '', alg } = decodeProtectedHeader(token);
  const sign = (claims: Record<string, unknown>, typ = 'at+jwt', key = privateKey) =>
    new SignJWT({ ...decodeJwt(token), ...claims })
      .setProtectedHeader({ alg: alg ?? '', typ, kid })
      .sign(key);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const tampered = Buffer.from(JSON.stringify({ ...decodeJwt(token), realm: 'another' })).toString(
    'base64url',
  );
  const publicPem = createPublicKey(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const symmetric = await new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
    .sign(Buffer.from(publicPem.export({ type: 'spki', format: 'pem' })));
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
  const cases: [name: string, code: string, authorization: string | undefined][] = [
    ['nothing', 'token-missing', undefined],
    ['another scheme', 'token-missing', 'Basic YTpi'],
    ['no token', 'token-missing', 'Bearer '],
    ['garbage', 'token-unreadable', 'Bearer garbage'],
    ['tampered', 'token-signature-invalid', `Bearer ${header}.${tampered}.${signature}`],
    ['unsigned', 'token-kind-not-allowed', `Bearer ${unsigned}`],
    ['symmetric', 'token-kind-not-allowed', `Bearer ${symmetric}`],
    ["a stranger's", 'token-signature-invalid', `Bearer ${await sign({})}`],
    ['an assertion', 'token-kind-not-allowed', `Bearer ${await clientAssertion(relay, organization)}`],
  ];
  for (const [name, code, authorization] of cases) {
    const { response, problem } = await call(relay, authorization);
    assert.equal(problem.code, code, name);
    assert.equal(response.status, 401);
    const challenge = response.headers.get('www-authenticate') ?? ''; // RFC 6750 §3
    if (code === 'token-missing') assert.equal(challenge, 'Bearer', name);
    else
      assert.match(
        challenge,
        new RegExp(`^Bearer error="invalid_token", error_description="${code}: [^"]+"$`),
        name,
      );
  }
});

test('a token counts at the relay that issued it, while it lasts', async t => {
  const clock = new ShiftedClock();
  const relay = await startTestRelay(t, { overrides: { clock } });
  const token = await accessToken(relay, await enrolOrganization(relay));
  const other = await startTestRelay(t);
  assert.equal((await call(other, `Bearer ${token}`)).problem.code, 'token-audience-wrong', 'another relay');
  assert.equal((await call(relay, `Bearer ${token}`)).problem.code, letIn);
  clock.aheadMs = 10 * 60_000;
  const { problem } = await call(relay, `Bearer ${token}`);
  assert.equal(problem.code, 'token-expired', 'also when it was verified before');
  assert.match(problem.hint ?? '', /token endpoint/);
});

test('a revoked credential and a deactivated organization are out within five seconds', async t => {
  const relay = await startTestRelay(t);
  const first = await enrolOrganization(relay, { domain: 'fabrikam.com' });
  const second = await enrolOrganization(relay, { domain: 'contoso.com' });
  const [token, secondToken] = [await accessToken(relay, first), await accessToken(relay, second)];
  assert.equal((await call(relay, `Bearer ${token}`)).problem.code, letIn);
  assert.equal((await call(relay, `Bearer ${secondToken}`)).problem.code, letIn);

  await relay.administration.revokeCredential(first.certificate.thumbprint, 'lost');
  await becomes(relay, token, 'credential-revoked', 5000);
  await relay.administration.deactivateOrganization(second.domain, 'left');
  await becomes(relay, secondToken, 'organization-inactive', 5000);
  assert.equal((await call(relay, `Bearer ${secondToken}`)).response.status, 403);
  await relay.administration.reactivateOrganization(second.domain);
  assert.equal((await requestToken(relay, await clientAssertion(relay, second))).status, 200);
});

test('too old a proxy is told which version to install', async t => {
  const relay = await startTestRelay(t);
  const { response, problem } = await call(relay, 'Bearer x', { 'user-agent': 'Mailbadge-Proxy/0.0.9' });
  assert.equal(response.status, 426);
  assert.equal(problem.code, 'proxy-too-old');
  assert.match(problem.hint ?? '', /install Mailbadge 0\.1\.0/);
  const current = await call(relay, 'Bearer x', { 'user-agent': 'Mailbadge-Proxy/0.1.0' });
  assert.equal(current.problem.code, 'token-unreadable');
});

test('the relay describes itself', async t => {
  const webPush = { subject: 'mailto:ops@fabrikam.com' };
  const relay = await startTestRelay(t, {
    settings: { apps: [{ id: 'com.fabrikam.mail', web_push: webPush }] },
  });
  const get = async (path: string) => {
    const response = await fetch(relay.issuer + path);
    await assertDocumented('GET', path, response);
    return response.json();
  };
  const metadata = relayMetadataSchema.parse(await get(relayMetadataPath));
  assert.equal(metadata.tokenEndpoint, `${relay.issuer}/oauth/token`);
  assert.ok(!metadata.capabilities.includes('apns'), 'no app has it');
  for (const capability of ['publish-ndjson', 'webpush', 'device-flow', 'direct-trust', 'credentials']) {
    assert.ok(metadata.capabilities.includes(capability), capability);
  }
  assert.equal(metadata.deviceAuthorizationEndpoint, `${relay.issuer}/oauth/device_authorization`);
  assert.equal(metadata.s2sMetadataUrl, `${relay.issuer}/metadata/json/1`);
  assert.deepEqual(metadata.apps[0]?.providers, ['webpush']);
  const key = Buffer.from(metadata.apps[0]?.vapidPublicKey ?? '', 'base64url');
  assert.deepEqual([key.length, key[0]], [65, 4]); // RFC 8292 §3.2: an uncompressed P-256 point
  const openapi = (await get('/openapi.json')) as { openapi: string; paths: Record<string, unknown> };
  assert.equal(openapi.openapi, '3.1.0');
  assert.ok('/v1/enrolments' in openapi.paths && '/v1/notifications' in openapi.paths);
  assert.deepEqual(await get('/health'), { status: 'ok', version: '0.1.0' });
  const metrics = await (await fetch(`${relay.metricsUrl}/metrics`)).text();
  assert.match(metrics, /mailbadge_tokens_total/);
  assert.equal((await fetch(`${relay.metricsUrl}/health`)).status, 200);
  assert.equal((await fetch(`${relay.issuer}/metrics`)).status, 404, 'metrics have a listener of their own');
});

/** Real time, moved: the authorization server library always takes the machine's. */
class ShiftedClock extends SystemClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}
