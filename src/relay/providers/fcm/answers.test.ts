import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProviderAnswer } from '../provider.ts';
import { fcmAnswers, judgeFcmAnswer } from './answers.ts';

const now = Date.UTC(2026, 0, 1);
const id = 'the-attempt';
const type = 'type.googleapis.com/google.';

function judge(status: number, body: unknown, headers: Record<string, string> = {}): ProviderAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return judgeFcmAnswer({ status, headers, body: text }, { id, now });
}

function said(status: string, details: unknown, message = 'as Google says it') {
  return { error: { code: 0, message, status, details } };
}

const fcmError = (errorCode: string) => ({ '@type': `${type}firebase.fcm.v1.FcmError`, errorCode });
const badRequest = (...fields: string[]) => ({
  '@type': `${type}rpc.BadRequest`,
  fieldViolations: fields.map(field => ({ field, description: 'wrong' })),
});
const errorInfo = (reason: string) => ({ '@type': `${type}rpc.ErrorInfo`, reason, domain: 'googleapis.com' });
const quotaFailure = (description: string) => ({
  '@type': `${type}rpc.QuotaFailure`,
  violations: [{ subject: 'x', description }],
});

test('an accepted message is known by its id, or by ours where FCM names none', () => {
  const name = 'projects/fabrikam/messages/0:1500415314455276%31bd1c96';
  assert.deepEqual(judge(200, { name }), { kind: 'accepted', providerId: '0:1500415314455276%31bd1c96' });
  for (const body of ['', '<html>', '{}', '[]', { name: 'x'.repeat(9000) }, { name: 7 }]) {
    assert.deepEqual(judge(200, body), { kind: 'accepted', providerId: id });
  }
});

const minute = { retryAfterMs: 60_000 };
const rows: [string, number, unknown, ProviderAnswer][] = [
  [
    'the app was uninstalled',
    404,
    said('NOT_FOUND', [fcmError('UNREGISTERED')]),
    { kind: 'gone', since: now, reason: 'UNREGISTERED' },
  ],
  [
    'not found, without FCM’s own word',
    404,
    said('NOT_FOUND', []),
    { kind: 'unknown-target', reason: 'NOT_FOUND' },
  ],
  [
    'a bad token by its field',
    400,
    said('INVALID_ARGUMENT', [fcmError('INVALID_ARGUMENT'), badRequest('message.token')]),
    { kind: 'unknown-target', reason: 'INVALID_TOKEN' },
  ],
  [
    'a bad token as Google documents it',
    400,
    said(
      'INVALID_ARGUMENT',
      [fcmError('INVALID_ARGUMENT')],
      'The registration token is not a valid FCM registration token',
    ),
    { kind: 'unknown-target', reason: 'INVALID_TOKEN' },
  ],
  [
    'a wrong member',
    400,
    said('INVALID_ARGUMENT', [badRequest('message.data[0].value')]),
    { kind: 'unacceptable', reason: 'INVALID_ARGUMENT' },
  ],
  [
    'a wrong member beside the token',
    400,
    said('INVALID_ARGUMENT', [
      fcmError('INVALID_ARGUMENT'),
      badRequest('message.token', 'message.android.ttl'),
    ]),
    { kind: 'unacceptable', reason: 'INVALID_ARGUMENT' },
  ],
  [
    'an argument of which nothing is said',
    400,
    said('INVALID_ARGUMENT', undefined),
    { kind: 'unacceptable', reason: 'INVALID_ARGUMENT' },
  ],
  [
    'too big',
    400,
    said('INVALID_ARGUMENT', [fcmError('INVALID_ARGUMENT')], 'Android message is too big'),
    { kind: 'unacceptable', tooLarge: true, reason: 'MESSAGE_TOO_BIG' },
  ],
  [
    'another project’s token',
    403,
    said('PERMISSION_DENIED', [fcmError('SENDER_ID_MISMATCH')]),
    { kind: 'unknown-target', reason: 'SENDER_ID_MISMATCH' },
  ],
  [
    'no Android device',
    401,
    said('UNAUTHENTICATED', [fcmError('THIRD_PARTY_AUTH_ERROR')]),
    { kind: 'unknown-target', reason: 'THIRD_PARTY_AUTH_ERROR' },
  ],
  [
    'an access token that is over',
    401,
    said('UNAUTHENTICATED', [errorInfo('ACCESS_TOKEN_EXPIRED')]),
    { kind: 'misconfigured', reason: 'UNAUTHENTICATED' },
  ],
  [
    'a role that is missing',
    403,
    said('PERMISSION_DENIED', [errorInfo('IAM_PERMISSION_DENIED')]),
    { kind: 'misconfigured', reason: 'PERMISSION_DENIED' },
  ],
  [
    'an API that is off',
    403,
    said('PERMISSION_DENIED', [errorInfo('SERVICE_DISABLED')]),
    { kind: 'misconfigured', reason: 'SERVICE_DISABLED' },
  ],
  [
    'the project’s quota',
    429,
    said('RESOURCE_EXHAUSTED', [errorInfo('RATE_LIMIT_EXCEEDED')]),
    { kind: 'throttled', scope: 'app', reason: 'RATE_LIMIT_EXCEEDED', ...minute },
  ],
  [
    'a quota',
    429,
    said('RESOURCE_EXHAUSTED', [fcmError('QUOTA_EXCEEDED')]),
    { kind: 'throttled', scope: 'app', reason: 'QUOTA_EXCEEDED', ...minute },
  ],
  [
    'a device’s quota',
    429,
    said('RESOURCE_EXHAUSTED', [fcmError('QUOTA_EXCEEDED'), quotaFailure('Device message rate exceeded')]),
    { kind: 'throttled', scope: 'target', reason: 'DEVICE_QUOTA_EXCEEDED', ...minute },
  ],
  ['500', 500, said('INTERNAL', [fcmError('INTERNAL')]), { kind: 'unavailable', reason: 'INTERNAL' }],
  [
    '503',
    503,
    said('UNAVAILABLE', [fcmError('UNAVAILABLE')]),
    { kind: 'unavailable', reason: 'UNAVAILABLE' },
  ],
  [
    'a code that says nothing',
    500,
    said('INTERNAL', [fcmError('UNSPECIFIED_ERROR')]),
    { kind: 'unavailable', reason: 'INTERNAL' },
  ],
  [
    'a page of HTML',
    502,
    '<!DOCTYPE html><title>Error 502</title>',
    { kind: 'unavailable', reason: 'unknown-502' },
  ],
  [
    'a page of HTML with 429',
    429,
    '<html>',
    { kind: 'throttled', scope: 'app', reason: 'unknown-429', ...minute },
  ],
  ['a page that is not FCM’s', 404, '<html>', { kind: 'misconfigured', reason: 'unknown-404' }],
  ['a redirect', 301, '', { kind: 'misconfigured', reason: 'unknown-301' }],
  ['a success that is none of FCM’s', 204, '', { kind: 'outcome-unknown', reason: 'unknown-204' }],
  [
    'a word of an object’s own',
    400,
    said('constructor', [fcmError('__proto__')]),
    { kind: 'unacceptable', reason: 'unknown-400' },
  ],
];
for (const [what, status, body, expected] of rows) {
  test(`${what}: ${expected.kind}`, () => {
    assert.deepEqual(judge(status, body), expected);
  });
}

test('Retry-After is kept where waiting helps', () => {
  const delay = (status: number, word: string) => judge(status, said(word, []), { 'retry-after': '17' });
  for (const [status, word] of [
    [429, 'RESOURCE_EXHAUSTED'],
    [503, 'UNAVAILABLE'],
    [500, 'INTERNAL'],
  ] as const) {
    const answer = delay(status, word);
    assert.equal('retryAfterMs' in answer && answer.retryAfterMs, 17_000);
  }
  assert.ok(!('retryAfterMs' in delay(403, 'PERMISSION_DENIED')));
});

test('nothing that a device’s own token can cause is the operator’s fault', () => {
  for (const reason of [
    'UNREGISTERED',
    'INVALID_TOKEN',
    'SENDER_ID_MISMATCH',
    'THIRD_PARTY_AUTH_ERROR',
    'NOT_FOUND',
  ]) {
    assert.notEqual(fcmAnswers[reason]?.kind, 'misconfigured');
  }
});

test('only FCM’s own UNREGISTERED ends a device', () => {
  const gone = Object.keys(fcmAnswers).filter(reason => fcmAnswers[reason]?.kind === 'gone');
  assert.deepEqual(gone, ['UNREGISTERED']);
});

test('whatever comes is judged, in words that are bounded', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 201, max: 599 }),
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.anything().map(details => JSON.stringify(said('X', details)) ?? ''),
      ),
      (status, body) => {
        const answer = judge(status, body);
        assert.ok('reason' in answer);
        assert.ok(Object.hasOwn(fcmAnswers, answer.reason) || answer.reason === `unknown-${status}`);
      },
    ),
  );
});
