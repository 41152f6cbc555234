// What a relay answers to a probe: who it takes the caller for, which apps work, and a proof of who it is itself, which
// jose alone verifies here, by the keys that the relay publishes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { probeAnswerSchema, probeProofType } from '../../src/contract/probes.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { appId, openPublishingRelay } from '../fixtures/publishing-relay.ts';
import { accessToken, enrolOrganization, postJson, startTestRelay } from '../fixtures/relay.ts';

const newRequest = () => ({
  probeId: systemRandom.uuid(),
  nonce: systemRandom.bytes(32).toString('base64url'),
});

test('a probe tells who we are to the relay, and proves who the relay is', async t => {
  const relay = await startTestRelay(t);
  const organization = await enrolOrganization(relay);
  const token = await accessToken(relay, organization);
  const url = `${relay.issuer}/v1/probes`;
  const headers = { authorization: `Bearer ${token}` };
  const request = newRequest();
  const answer = probeAnswerSchema.parse(await (await postJson(url, request, headers)).json());
  const { domain, realm, clientId, certificate } = organization;
  assert.deepEqual(
    [answer.organization, answer.realm, answer.applicationId, answer.credentialId],
    [domain, realm, clientId, certificate.thumbprint],
  );
  const jwks = (await (await fetch(`${relay.issuer}/oauth/jwks`)).json()) as JSONWebKeySet;
  const { payload } = await jwtVerify(answer.proof, createLocalJWKSet(jwks), {
    ...{ issuer: relay.issuer, audience: realm, typ: probeProofType },
  });
  assert.deepEqual([payload['nonce'], payload.jti], [request.nonce, request.probeId]);

  const asToken = { authorization: `Bearer ${answer.proof}` };
  assert.equal((await postJson(url, newRequest(), asToken)).status, 401, 'a proof is no token');
  assert.equal((await postJson(url, newRequest())).status, 401);
  for (const bad of [{}, { ...request, nonce: 'short' }, { ...request, more: 1 }]) {
    assert.equal((await postJson(url, bad, headers)).status, 400);
  }
});

test('an app whose configuration does not work is named; nothing reaches a provider, whatever the quota', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const probe = async () => {
    const answer = await relay.post('/v1/probes', newRequest(), relay.asOrganization(owner));
    assert.equal(answer.status, 200);
    return probeAnswerSchema.parse(await answer.json()).apps;
  };
  assert.deepEqual(
    (await probe()).find(({ id }) => id === appId),
    { id: appId, heldBack: [] },
  );
  const { sealedTarget } = await relay.register(owner, 1);
  relay.apns.answer = () => ({ kind: 'misconfigured', reason: 'InvalidProviderToken' });
  await relay.publish(owner, [relay.notification(sealedTarget)]);
  const delivered = relay.apns.delivered.length;
  for (let times = 0; times < 50; times++) {
    assert.deepEqual((await probe()).find(({ id }) => id === appId)?.heldBack, [
      { provider: 'apns', environment: 'production' },
    ]);
  }
  assert.equal(relay.apns.delivered.length, delivered);
  assert.equal(relay.recorded.filter(({ kind }) => kind === 'notification-outcome').length, 1, 'no traffic');
});
