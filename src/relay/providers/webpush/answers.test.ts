import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProviderAnswer } from '../provider.ts';
import { judgeWebPushAnswer, webPushAnswers } from './answers.ts';

const now = Date.UTC(2026, 5, 1);
const endpoint = 'https://push.example.com/wpush/v2/secret-token';

function judge(
  status: number,
  { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
) {
  return judgeWebPushAnswer({ status, headers, body: Buffer.from(body) }, { id: 'the-id', endpoint, now });
}

const cases: [about: string, answer: ProviderAnswer, expected: ProviderAnswer][] = [
  [
    '201 with the location of the message',
    judge(201, { headers: { location: 'https://push.example.com/m/1' } }),
    { kind: 'accepted', providerId: 'https://push.example.com/m/1' },
  ],
  ['201 without one', judge(201), { kind: 'accepted', providerId: 'the-id' }],
  [
    '201 whose location is the endpoint, which is a secret',
    judge(201, { headers: { location: endpoint } }),
    { kind: 'accepted', providerId: 'the-id' },
  ],
  ['200', judge(200), { kind: 'accepted', providerId: 'the-id' }],
  ['202', judge(202), { kind: 'accepted', providerId: 'the-id' }],
  [
    '204: nothing says that it was taken',
    judge(204),
    { kind: 'outcome-unknown', reason: 'unexpected-success' },
  ],
  ['302', judge(302), { kind: 'unavailable', reason: 'redirected' }],
  [
    'Mozilla, bad TTL',
    judge(400, { body: '{"code":400,"errno":111,"message":"missing TTL, see the authorization docs"}' }),
    { kind: 'unacceptable', reason: 'bad-request' },
  ],
  [
    'Mozilla, VAPID as 400',
    judge(400, { body: '{"code":400,"errno":109}' }),
    { kind: 'misconfigured', reason: 'vapid-refused' },
  ],
  [
    'Mozilla, VAPID as 401',
    judge(401, { body: '{"code":401,"errno":109}' }),
    { kind: 'misconfigured', reason: 'vapid-refused' },
  ],
  [
    'Apple, BadJwtToken',
    judge(403, { body: '{"reason":"BadJwtToken"}' }),
    { kind: 'misconfigured', reason: 'vapid-refused' },
  ],
  [
    'Apple, VapidPkHashMismatch',
    judge(400, { body: '{"reason":"VapidPkHashMismatch"}' }),
    { kind: 'misconfigured', reason: 'vapid-refused' },
  ],
  [
    'Google, plain text',
    judge(400, { body: 'UnauthorizedRegistration' }),
    { kind: 'misconfigured', reason: 'vapid-refused' },
  ],
  ['400 with anything else', judge(400, { body: '<html>' }), { kind: 'unacceptable', reason: 'bad-request' }],
  ['404', judge(404), { kind: 'gone', since: now, reason: 'subscription-unknown' }],
  ['410', judge(410), { kind: 'gone', since: now, reason: 'subscription-gone' }],
  ['413', judge(413), { kind: 'unacceptable', tooLarge: true, reason: 'too-large' }],
  [
    '429 with a delay',
    judge(429, { headers: { 'retry-after': '7' } }),
    { kind: 'throttled', scope: 'target', reason: 'too-many-requests', retryAfterMs: 7000 },
  ],
  ['429 without', judge(429), { kind: 'throttled', scope: 'target', reason: 'too-many-requests' }],
  [
    '503 with a delay',
    judge(503, { headers: { 'retry-after': '3' } }),
    { kind: 'unavailable', reason: 'service-failed', retryAfterMs: 3000 },
  ],
  ['500', judge(500), { kind: 'unavailable', reason: 'service-failed' }],
  ['a refusal that nobody documented', judge(406), { kind: 'unavailable', reason: 'unexpected-refusal' }],
  ['no HTTP status', judge(999), { kind: 'unavailable', reason: 'malformed-answer' }],
];

for (const [about, answer, expected] of cases) {
  test(about, () => assert.deepEqual(answer, expected));
}

test('only 404 and 410 say that a device is gone, and only 200 to 202 that it was reached', () => {
  const statuses = Array.from({ length: 900 }, (_, index) => 100 + index);
  const kinds = (kind: string) => statuses.filter(status => judge(status).kind === kind);
  assert.deepEqual(kinds('gone'), [404, 410]);
  assert.deepEqual(kinds('accepted'), [200, 201, 202]);
});

test('no answer repeats what the service said, which may quote the endpoint', () => {
  for (let status = 200; status < 600; status += 1) {
    const answer = judge(status, {
      body: JSON.stringify({ reason: endpoint, message: endpoint }),
      headers: { location: `${endpoint}/m/1` },
    });
    assert.doesNotMatch(JSON.stringify(answer), /secret-token/);
  }
});

test('a location is bounded', () => {
  const answer = judge(201, { headers: { location: `https://push.example.com/m/${'x'.repeat(5000)}` } });
  assert.ok(answer.kind === 'accepted' && answer.providerId.length === 256);
});

test('every row has a label of few, plain words', () => {
  for (const { reason } of webPushAnswers) assert.match(reason, /^[a-z]+(-[a-z]+)*$/);
});
