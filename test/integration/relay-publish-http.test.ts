// Publishing through a whole relay: real sockets, real tokens, and an operator who works on its database meanwhile.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SignJWT } from 'jose';
import {
  confirmationResponseSchema,
  registrationResponseSchema,
  ticketType,
} from '../../src/contract/registration.ts';
import type { ProviderAnswer } from '../../src/relay/providers/provider.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { apnsTarget, appId, FakeProvider } from '../fixtures/publishing-relay.ts';
import {
  accessToken,
  type EnrolledOrganization,
  enrolOrganization,
  postJson,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { until } from '../fixtures/until.ts';

async function setUp(t: TestContext) {
  const apns = new FakeProvider('apns');
  const apps = {
    providers: new Map([[appId, new Map([['apns' as const, apns]])]]),
    described: [],
    async [Symbol.asyncDispose]() {},
  };
  const clock = new RunningClock();
  const relay = await startTestRelay(t, { overrides: { apps, clock } });
  const organization = await enrolOrganization(relay);
  const authorization = `Bearer ${await accessToken(relay, organization)}`;
  return {
    relay,
    apns,
    organization,
    authorization,
    batch: (targets: readonly string[]) => batch(targets, clock),
  };
}

async function register(
  { issuer }: TestRelay,
  { realm, clientId, certificate }: EnrolledOrganization,
  apns: FakeProvider,
  device: number,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: clientId, aud: issuer, realm, app: appId, installation: 'installation-1' };
  const ticket = await new SignJWT({ ...claims, jti: systemRandom.uuid(), iat: now, exp: now + 300 })
    .setProtectedHeader({ typ: ticketType, alg: certificate.algorithm, kid: certificate.thumbprint })
    .sign(certificate.privateKey);
  const target = apnsTarget(device);
  const begun = await postJson(`${issuer}/v1/registrations`, { ticket, target });
  const { pending } = registrationResponseSchema.parse(await begun.json());
  const code = apns.codes.get(target.token);
  const confirmed = await postJson(`${issuer}/v1/registrations/confirm`, { pending, code });
  return confirmationResponseSchema.parse(await confirmed.json()).sealedTarget;
}

function batch(sealedTargets: readonly string[], clock: Clock) {
  const notifications = sealedTargets.map((sealedTarget, badge) => ({
    id: systemRandom.uuid(),
    traceId: systemRandom.bytes(16).toString('hex'),
    appId,
    sealedTarget,
    collapseKey: 'icon',
    badge,
    expiresAt: clock.now() + 86_400_000,
  }));
  return { notAfter: clock.now() + 4000, notifications };
}

test('over a real socket, lines arrive while a slow device is still waited for', async t => {
  const { relay, apns, organization, authorization, batch } = await setUp(t);
  const sealed = [await register(relay, organization, apns, 0), await register(relay, organization, apns, 1)];
  const slow = Promise.withResolvers<ProviderAnswer>();
  apns.answer = ({ badge, id }) => (badge === 0 ? slow.promise : { kind: 'accepted', providerId: id });
  const body = batch(sealed);
  const response = await postJson(`${relay.issuer}/v1/notifications`, body, {
    authorization,
    accept: 'application/x-ndjson',
  });
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader.read();
  assert.equal(JSON.parse(first.value ?? '').id, body.notifications[1]?.id);
  slow.resolve({ kind: 'accepted', providerId: 'late' });
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value;
  const [late, last] = rest.trimEnd().split('\n');
  assert.equal(JSON.parse(late ?? '').providerId, 'late');
  assert.equal(typeof JSON.parse(last ?? '').relayTime, 'number');
});

test('a publisher who hangs up disturbs nothing', async t => {
  const { relay, apns, organization, authorization, batch } = await setUp(t);
  const sealed = await register(relay, organization, apns, 0);
  const asked = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<ProviderAnswer>();
  apns.answer = () => {
    asked.resolve();
    return slow.promise;
  };
  const hangUp = new AbortController();
  const publishing = fetch(`${relay.issuer}/v1/notifications`, {
    method: 'POST',
    headers: { authorization, accept: 'application/x-ndjson', 'content-type': 'application/json' },
    body: JSON.stringify(batch([sealed])),
    signal: hangUp.signal,
  }).then(response => response.text());
  await asked.promise;
  hangUp.abort();
  await assert.rejects(publishing);
  slow.resolve({ kind: 'accepted', providerId: 'unheard' });
  apns.answer = ({ id }) => ({ kind: 'accepted', providerId: id });
  const again = await postJson(`${relay.issuer}/v1/notifications`, batch([sealed]), { authorization });
  const { results } = (await again.json()) as { results: { outcome: string }[] };
  assert.equal(results[0]?.outcome, 'accepted');
});

test('when the operator revokes the targets of an organization, it acts without a restart', async t => {
  const { relay, apns, organization, authorization, batch } = await setUp(t);
  const sealed = await register(relay, organization, apns, 0);
  const outcome = async (): Promise<string> => {
    const response = await postJson(`${relay.issuer}/v1/notifications`, batch([sealed]), { authorization });
    const { results } = (await response.json()) as { results: { outcome: string; reason?: string }[] };
    return `${results[0]?.outcome} ${results[0]?.reason ?? ''}`;
  };
  assert.equal(await outcome(), 'accepted ');
  await relay.administration.revokeTargets(organization.domain);
  const after = await until('it acts', async () => {
    const told = await outcome();
    return told !== 'accepted ' && told;
  });
  assert.equal(after, 'rejected target-revoked');
});

test('a body of millions of brackets is refused without parsing it', async t => {
  const { relay, authorization } = await setUp(t);
  const answer = await fetch(`${relay.issuer}/v1/notifications`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: '['.repeat(8_000_000),
  });
  assert.equal(answer.status, 400);
  const problem = (await answer.json()) as { code: string; detail: string };
  assert.equal(problem.code, 'invalid-request');
  assert.match(problem.detail, /more structure/, 'the parser would have said something else, seconds later');
});
