// How a device becomes reachable, and how nobody else makes it so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemSchema } from '../../src/contract/problem.ts';
import { confirmationResponseSchema, registrationResponseSchema } from '../../src/contract/registration.ts';
import { apnsTarget, appId, openPublishingRelay } from '../fixtures/publishing-relay.ts';

async function refused(response: Response) {
  assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/);
  const problem = problemSchema.parse(await response.json());
  assert.equal(problem.status, response.status);
  return problem.code;
}

test('ticket, code, sealed target; the same device gets the same id, another organization another', async t => {
  const relay = await openPublishingRelay(t);
  const fabrikam = await relay.organization();
  const contoso = await relay.organization('contoso.com');
  const first = await relay.register(fabrikam);
  const again = await relay.register(fabrikam);
  const other = await relay.register(contoso);
  assert.equal(first.targetId, again.targetId);
  assert.notEqual(first.sealedTarget, again.sealedTarget);
  assert.notEqual(first.targetId, other.targetId);
  const described = await relay.post(
    '/v1/targets/describe',
    { appId, sealedTarget: first.sealedTarget },
    relay.asOrganization(fabrikam),
  );
  assert.deepEqual(await described.json(), {
    targetId: first.targetId,
    provider: 'apns',
    installationId: 'installation-1',
    registeredAt: relay.clock.now(),
  });
  const foreign = { appId, sealedTarget: other.sealedTarget };
  assert.equal(
    await refused(await relay.post('/v1/targets/describe', foreign, relay.asOrganization(fabrikam))),
    'target-not-openable',
  );
  assert.equal(await refused(await relay.post('/v1/targets/describe', foreign)), 'token-missing');
});

test('a stolen target: the code goes to the device, and the stranger gets nowhere', async t => {
  const relay = await openPublishingRelay(t);
  const stranger = await relay.organization('stranger.example');
  const target = apnsTarget('stolen');
  const begun = await relay.post('/v1/registrations', { ticket: await relay.ticket(stranger), target });
  const text = await begun.text();
  const code = relay.apns.codes.get(target.token) ?? '';
  assert.equal(code.length, 22);
  assert.ok(!text.includes(code) && !text.includes(target.token));
  const { pending } = registrationResponseSchema.parse(JSON.parse(text));
  const own = await relay.post('/v1/registrations', {
    ticket: await relay.ticket(stranger),
    target: apnsTarget("the stranger's own"),
  });
  assert.equal(own.status, 200);
  const ownCode = relay.apns.codes.get(apnsTarget("the stranger's own").token) ?? '';
  for (const guess of [ownCode, '', 'x'.repeat(22)]) {
    const tried = await relay.post('/v1/registrations/confirm', { pending, code: guess });
    assert.equal(await refused(tried), 'challenge-invalid');
  }
});

test('a ticket that is used twenty times at once registers once; so does a code', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const ticket = await relay.ticket(owner);
  const uses = await Promise.all(
    Array.from({ length: 20 }, (_, device) =>
      relay.post('/v1/registrations', { ticket, target: apnsTarget(device) }),
    ),
  );
  const good = uses.filter(use => use.status === 200);
  assert.equal(good.length, 1);
  for (const use of uses) if (use.status !== 200) assert.equal(await refused(use), 'ticket-used');
  assert.equal(relay.apns.codes.size, 1, 'and one device got a code');

  const { pending } = registrationResponseSchema.parse(await good[0]?.json());
  const [code] = relay.apns.codes.values();
  const confirms = await Promise.all(
    Array.from({ length: 5 }, () => relay.post('/v1/registrations/confirm', { pending, code })),
  );
  const sealed = confirms.filter(confirm => confirm.status === 200);
  assert.equal(sealed.length, 1);
  confirmationResponseSchema.parse(await sealed[0]?.json());
});

test('tickets of nobody, of another, too old, or for what is not there', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const other = await relay.organization('contoso.com');
  const target = apnsTarget(1);
  const code = async (ticket: string, sent: unknown = target): Promise<string> =>
    refused(await relay.post('/v1/registrations', { ticket, target: sent }));
  const forged = await relay.ticket({ ...owner, privateKey: other.privateKey });
  assert.equal(await code(forged), 'ticket-invalid');
  assert.equal(await code(await relay.ticket(owner, { realm: other.caller.realm })), 'ticket-invalid');
  assert.equal(await code(await relay.ticket(owner, { app: 'unknown.app' })), 'app-unknown');
  const webpush = { provider: 'webpush', endpoint: 'https://push.example/1' };
  const keys = { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) };
  const ticket = await relay.ticket(owner, { app: 'only.apns' });
  assert.equal(
    await refused(await relay.post('/v1/registrations', { ticket, target: webpush, keys })),
    'provider-not-configured',
  );
  const early = await relay.ticket(owner);
  await relay.clock.advance(600_000);
  assert.equal(await code(early), 'ticket-expired');
  await relay.db.updateTable('key_credential').set({ revoked_at: relay.clock.now() }).execute();
  assert.equal(await code(await relay.ticket(owner)), 'ticket-invalid');
  assert.equal(relay.apns.codes.size, 0);
});

test('codes expire, denied devices stay out, one device is not flooded with codes', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { targetId } = await relay.register(owner);
  const begin = async () =>
    relay.post('/v1/registrations', { ticket: await relay.ticket(owner), target: apnsTarget(1) });
  const late = registrationResponseSchema.parse(await (await begin()).json());
  const lateCode = relay.apns.codes.get(apnsTarget(1).token);
  await relay.clock.advance(600_000);
  assert.equal(
    await refused(await relay.post('/v1/registrations/confirm', { pending: late.pending, code: lateCode })),
    'challenge-expired',
  );
  await relay.db
    .insertInto('denied_target')
    .values({ target_id: targetId, reason: 'stolen', created_at: relay.clock.now() })
    .execute();
  await relay.publishing.reload();
  const { pending } = registrationResponseSchema.parse(await (await begin()).json());
  const code = relay.apns.codes.get(apnsTarget(1).token);
  assert.equal(
    await refused(await relay.post('/v1/registrations/confirm', { pending, code })),
    'target-denied',
  );
  const floods = [];
  for (let tries = 0; tries < 6; tries++) floods.push(await begin());
  const limited = floods.filter(response => response.status === 429);
  assert.equal(limited.length, 2, 'five at once, one every two minutes');
  assert.ok(Number(limited[0]?.headers.get('retry-after')) > 60);
});

test('what the provider says about the target is told as what it is', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const answers = {
    'push-target-invalid': { kind: 'unknown-target', reason: 'BadDeviceToken' },
    'push-host-not-allowed': { kind: 'not-started', reason: 'push-host-refused' },
    'challenge-not-delivered': { kind: 'unavailable', reason: 'unreachable', retryAfterMs: 7000 },
  } as const;
  for (const [code, answer] of Object.entries(answers)) {
    relay.apns.challengeAnswer = answer;
    const target = apnsTarget(code);
    const response = await relay.post('/v1/registrations', { ticket: await relay.ticket(owner), target });
    if (code === 'challenge-not-delivered') assert.equal(response.headers.get('retry-after'), '7');
    assert.equal(await refused(response), code);
  }
  relay.apns.challengeAnswer = { kind: 'misconfigured', reason: 'BadTopic' };
  const target = apnsTarget('x');
  const response = await relay.post('/v1/registrations', { ticket: await relay.ticket(owner), target });
  assert.equal(await refused(response), 'challenge-not-delivered');
  assert.ok(!relay.recorded.some(event => event.kind === 'app-misconfigured'), 'no stranger opens a breaker');
});

test('malformed requests are 400 or 413 or 415, never more', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const ticket = await relay.ticket(owner);
  const target = apnsTarget(1);
  const paths = ['/v1/registrations', '/v1/registrations/confirm', '/v1/targets/describe'];
  const bodies: unknown[] = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    '['.repeat(5000),
    { ticket, target, more: 1 },
    { ticket, target: { ...target, more: 1 } },
    { ticket, target: { ...target, token: 'xyz' } },
    { ticket, target: { ...target, token: '../../3/device' } },
    { ticket, target: { provider: 'webpush', endpoint: 'http://push.example/' } },
    { ticket, target: { provider: 'webpush', endpoint: 'https://push.example/' } },
    { ticket, target, keys: { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) } },
    { ticket: 'x'.repeat(5000), target },
    { ticket: 'a.b.c', target },
    { pending: 'x', code: 'y', more: 1 },
    { pending: 'mbc1.x.y.z', code: 'y' },
    { pending: 7, code: null },
    { pending: 'x'.repeat(9000), code: 'y' },
    { appId, sealedTarget: 'x' },
    { appId, sealedTarget: 'mbt1.k.nnnnnnnnnnnnnnnn.'.padEnd(100, 'c') },
  ];
  for (const path of paths) {
    for (const body of bodies) {
      const response = await relay.post(path, body, relay.asOrganization(owner));
      assert.equal(response.status, 400, `${path} ${JSON.stringify(body)}`);
      await refused(response);
    }
    const huge = await relay.post(path, { code: 'x'.repeat(70_000) }, relay.asOrganization(owner));
    assert.equal(await refused(huge), 'body-too-large');
    const text = await relay.post(path, 'x', {
      'content-type': 'text/plain',
      ...relay.asOrganization(owner),
    });
    assert.equal(await refused(text), 'unsupported-media-type');
  }
});

test('a web app of any origin may register, errors included, without credentials', async t => {
  const relay = await openPublishingRelay(t);
  for (const path of ['/v1/registrations', '/v1/registrations/confirm']) {
    const response = await relay.post(path, {}, { origin: 'https://mail.example' });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.equal(response.headers.get('access-control-allow-credentials'), null);
    const preflight = await relay.preflight(path, 'https://mail.example');
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST');
  }
  const published = await relay.post('/v1/notifications', {}, { origin: 'https://mail.example' });
  assert.equal(published.headers.get('access-control-allow-origin'), null);
});
