import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import type { Egress, EgressRequest, EgressResult } from '../../../runtime/egress/egress.ts';
import { createHostRules } from '../../../runtime/egress/host-rules.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { seededRandom } from '../../../runtime/random.ts';
import { newEphemeralKey } from '../../../runtime/webpush/encrypt.ts';
import type { ProviderNotification } from '../provider.ts';
import { createWebPushProvider, type WebPushTarget } from './webpush.ts';

const dayMs = 24 * 3_600_000;
const clock = new ManualClock(Date.UTC(2026, 5, 1));
const endpoint = 'https://push.example.com/wpush/v2/token';
const created: EgressResult = {
  kind: 'response',
  status: 201,
  headers: { location: '/m/1' },
  body: Buffer.alloc(0),
  cut: undefined,
};

function setUp(result: EgressResult = created) {
  const sent: EgressRequest[] = [];
  const rules = createHostRules({ allow: ['push.example.com'] });
  const egress: Egress = {
    connectionsPerOrigin: 7,
    judge: url => rules.judge(url),
    async send(request) {
      sent.push(request);
      return result;
    },
    async [Symbol.asyncDispose]() {},
  };
  const provider = createWebPushProvider(
    { subject: 'mailto:ops@fabrikam.com' },
    { vapidKey: newEphemeralKey().privateKey, egress, clock, random: seededRandom(1) },
  );
  return { provider, sent };
}

function notification(changes: Partial<ProviderNotification<WebPushTarget>> = {}) {
  return {
    id: '0190a0c2-5f4c-4b0e-9c1e-0123456789ab',
    traceId: '0'.repeat(32),
    target: { provider: 'webpush', endpoint },
    badge: 3,
    collapseKey: 'abcdefghijklmnopqrstuv',
    expiresAt: clock.now() + dayMs,
    presentation: 'badge',
    body: Buffer.from('unreadable'),
    notAfter: clock.now() + 5000,
    ...changes,
  } satisfies ProviderNotification<WebPushTarget>;
}

function newReceiver() {
  const keyPair = createECDH('prime256v1');
  keyPair.generateKeys();
  const authSecret = Buffer.alloc(16, 7);
  return {
    keys: { p256dh: keyPair.getPublicKey('base64url'), auth: authSecret.toString('base64url') },
    open: (body: Uint8Array): unknown =>
      JSON.parse(
        ece.decrypt(Buffer.from(body), { version: 'aes128gcm', privateKey: keyPair, authSecret }).toString(),
      ),
  };
}

test('forwards the body as it is, with who sends it, how long to keep it and what it replaces', async () => {
  const { provider, sent } = setUp();
  const answer = await provider.deliver(notification());
  assert.deepEqual(answer, { kind: 'accepted', providerId: '/m/1' });
  const [request] = sent;
  assert.ok(request);
  const { authorization, ...headers } = request.headers;
  assert.match(authorization ?? '', /^vapid t=[\w.-]+, k=/);
  assert.ok(authorization?.endsWith(`k=${provider.vapidPublicKey}`));
  assert.deepEqual(headers, {
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: '86400',
    topic: 'abcdefghijklmnopqrstuv',
    urgency: 'normal',
  });
  assert.equal(request.url, endpoint);
  assert.equal(request.method, 'POST');
  assert.equal(Buffer.from(request.body ?? []).toString(), 'unreadable');
  assert.equal(request.notAfter, clock.now() + 5000);
});

test('is kept until the subscription ends, 28 days at most, never less than zero', async () => {
  const { provider, sent } = setUp();
  for (const expiresAt of [clock.now() + 400 * dayMs, clock.now() - 1, clock.now() + 1999])
    await provider.deliver(notification({ expiresAt }));
  assert.deepEqual(
    sent.map(({ headers }) => headers['ttl']),
    [String(28 * 86_400), '0', '1'],
  );
});

test('only what a person will see wakes a sleeping phone', async () => {
  const { provider, sent } = setUp();
  await provider.deliver(notification({ presentation: 'notification', badge: 1 }));
  await provider.deliver(notification({ presentation: 'notification', badge: 0 }));
  await provider.deliver(notification({ presentation: 'badge', badge: 1 }));
  assert.deepEqual(
    sent.map(({ headers }) => headers['urgency']),
    ['high', 'normal', 'normal'],
  );
});

test('what cannot be sent is not sent', async () => {
  const { provider, sent } = setUp();
  const { body: _, ...bodiless } = notification();
  assert.deepEqual(await provider.deliver(bodiless), { kind: 'unacceptable', reason: 'body-missing' });
  assert.deepEqual(await provider.deliver(notification({ body: Buffer.alloc(4097) })), {
    kind: 'unacceptable',
    reason: 'too-large',
    tooLarge: true,
  });
  const elsewhere = { provider: 'webpush', endpoint: 'https://127.0.0.1/push.example.com' } as const;
  assert.deepEqual(await provider.deliver(notification({ target: elsewhere })), {
    kind: 'not-started',
    reason: 'push-host-refused',
    detail: 'host-not-allowed',
  });
  assert.deepEqual(sent, []);
});

test('every end of a request has its answer', async () => {
  const answers = new Map<EgressResult, object>([
    [
      { kind: 'refused', reason: 'address-not-public' },
      { kind: 'not-started', reason: 'push-host-refused', detail: 'address-not-public' },
    ],
    [
      { kind: 'not-started', reason: 'too-late' },
      { kind: 'not-started', reason: 'not-after-passed' },
    ],
    [
      { kind: 'not-started', reason: 'overloaded' },
      { kind: 'not-started', reason: 'overloaded' },
    ],
    [
      { kind: 'unreachable', reason: 'ECONNREFUSED' },
      { kind: 'unavailable', reason: 'unreachable' },
    ],
    [
      { kind: 'outcome-unknown', reason: 'ECONNRESET' },
      { kind: 'outcome-unknown', reason: 'ECONNRESET' },
    ],
  ]);
  for (const [result, expected] of answers)
    assert.deepEqual(await setUp(result).provider.deliver(notification()), expected);
});

function challengeFor(keys?: { p256dh: string; auth: string }) {
  const { id, traceId, target, notAfter } = notification();
  return { id, traceId, target, notAfter, code: 'c0de', ...(keys === undefined ? {} : { keys }) };
}

test('a challenge is encrypted for the device alone', async () => {
  const { provider, sent } = setUp();
  const receiver = newReceiver();
  assert.equal((await provider.challenge(challengeFor(receiver.keys))).kind, 'accepted');
  const body = sent[0]?.body ?? Buffer.alloc(0);
  assert.deepEqual(receiver.open(body), { v: 1, kind: 'challenge', code: 'c0de' });
  assert.equal(body.length, 359);
  assert.equal(sent[0]?.headers['ttl'], '600');
  assert.equal(sent[0]?.headers['topic'], undefined);
});

test('a challenge needs keys that are keys', async () => {
  const { provider, sent } = setUp();
  assert.deepEqual(await provider.challenge(challengeFor()), {
    kind: 'unacceptable',
    reason: 'keys-missing',
  });
  const { keys } = newReceiver();
  const answer = await provider.challenge(challengeFor({ ...keys, p256dh: 'B'.repeat(87) }));
  assert.deepEqual(answer, { kind: 'unacceptable', reason: 'keys-invalid' });
  assert.deepEqual(sent, []);
});

test('an endpoint made with a foreign key cannot pass for a fault of the operator', async () => {
  const refused: EgressResult = { ...created, status: 403 };
  const { provider } = setUp(refused);
  assert.equal((await provider.deliver(notification())).kind, 'misconfigured');
  assert.deepEqual(await provider.challenge(challengeFor(newReceiver().keys)), {
    kind: 'unknown-target',
    reason: 'vapid-refused',
  });
});

test('it carries as much to one service as may be called at once', () => {
  assert.equal(setUp().provider.capacity({ provider: 'webpush', endpoint }), 7);
});
