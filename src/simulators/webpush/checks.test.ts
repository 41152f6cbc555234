import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { pointOf } from '../../runtime/webpush/device-keys.ts';
import { createVapidSigner } from '../../runtime/webpush/vapid.ts';
import { checkPush, type PushRequest } from './checks.ts';

const clock = new ManualClock(Date.UTC(2026, 5, 1));
const origin = 'https://localhost:9443';
const prefixes = ['/wpush/v2/', '/wpush/v1/'];
const subject = 'mailto:ops@fabrikam.com';
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const key = newKey();
const registration = { applicationServerKey: pointOf(key), gone: false };
const signer = createVapidSigner({ key, subject, clock });

function check(changes: Partial<PushRequest> & { header?: Record<string, string | undefined> } = {}) {
  const { header = {}, ...rest } = changes;
  const headers = Object.fromEntries(
    Object.entries({
      ttl: '60',
      'content-encoding': 'aes128gcm',
      authorization: signer.authorization(origin),
      ...header,
    }).filter(([, value]) => value !== undefined),
  );
  const request = { method: 'POST', path: '/wpush/v2/known', body: Buffer.alloc(200), ...rest, headers };
  const find = (token: string) =>
    token === 'known' ? registration : token === 'gone' ? { ...registration, gone: true } : undefined;
  const verdict = checkPush(request, { origin, prefixes, now: clock.now(), find });
  return verdict.accepted ? verdict : `${verdict.status}/${verdict.errno}`;
}

const nowSeconds = clock.now() / 1000;

/** A token with any claims, header and key. */
function vapid({
  claims = {},
  header = { typ: 'JWT', alg: 'ES256' },
  signWith = key,
  k = pointOf(key),
}: {
  claims?: Record<string, unknown>;
  header?: object;
  signWith?: KeyObject;
  k?: Buffer;
} = {}) {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode({ aud: origin, exp: nowSeconds + 3600, sub: subject, ...claims })}`;
  const signature = sign('sha256', Buffer.from(input), { key: signWith, dsaEncoding: 'ieee-p1363' });
  return {
    authorization: `vapid t=${input}.${signature.toString('base64url')}, k=${k.toString('base64url')}`,
  };
}

test('a right request is accepted, with its TTL, Topic and Urgency', () => {
  const verdict = check({ header: { topic: 'a_-9', urgency: 'high' } });
  assert.ok(typeof verdict === 'object');
  assert.deepEqual(
    [verdict.ttlSeconds, verdict.topic, verdict.urgency, verdict.registration],
    [60, 'a_-9', 'high', registration],
  );
  assert.equal(typeof check({ header: vapid() }), 'object');
  assert.equal(
    typeof check({ header: { ...vapid(), 'content-encoding': undefined }, body: Buffer.alloc(0) }),
    'object',
  );
});

test('the TTL is capped', () => {
  const verdict = check({ header: { ttl: '99999999999' } });
  assert.ok(typeof verdict === 'object' && verdict.ttlSeconds === 60 * 86_400);
});

const refusals: [expected: string, about: string, request: Parameters<typeof check>[0]][] = [
  ['404/102', 'unknown path', { path: '/push' }],
  ['404/102', 'no token', { path: '/wpush/v2/' }],
  ['404/102', 'a path below', { path: '/wpush/v2/known/more' }],
  ['404/102', 'unknown token', { path: '/wpush/v2/other' }],
  ['405/0', 'not POST', { method: 'PUT' }],
  ['410/106', 'gone', { path: '/wpush/v1/gone' }],
  ['400/111', 'no TTL', { header: { ttl: undefined } }],
  ['400/111', 'TTL no number', { header: { ttl: '-1' } }],
  ['400/113', 'Topic too long', { header: { topic: 'a'.repeat(33) } }],
  ['400/113', 'Topic not base64url', { header: { topic: 'a+b' } }],
  ['400/114', 'Urgency', { header: { urgency: 'urgent' } }],
  ['413/104', 'too large', { body: Buffer.alloc(4097) }],
  ['400/110', 'not encrypted', { header: { 'content-encoding': undefined } }],
  ['400/110', 'old encryption', { header: { 'content-encoding': 'aesgcm' } }],
  ['400/110', 'truncated header', { body: Buffer.alloc(85) }],
  ['401/109', 'no VAPID', { header: { authorization: undefined } }],
  ['401/109', 'other scheme', { header: { authorization: 'WebPush abc' } }],
  ['401/109', 'no k', { header: { authorization: vapid().authorization.replace(/,.*/, '') } }],
  ['401/109', 'k no point', { header: vapid({ k: Buffer.alloc(65, 4) }) }],
  ['401/109', 'no JWT', { header: { authorization: vapid().authorization.replace(/t=[^,]*/, 't=abc') } }],
  ['401/109', 'other algorithm', { header: vapid({ header: { typ: 'JWT', alg: 'none' } }) }],
  ['401/109', 'no sub', { header: vapid({ claims: { sub: undefined } }) }],
  ['403/109', 'key of another', { header: vapid({ signWith: newKey(), k: pointOf(newKey()) }) }],
  ['403/109', 'bad signature', { header: vapid({ signWith: newKey() }) }],
  ['403/109', 'foreign audience', { header: vapid({ claims: { aud: 'https://push.example.com' } }) }],
  ['403/109', 'audience with a path', { header: vapid({ claims: { aud: `${origin}/` } }) }],
  ['403/109', 'expired', { header: vapid({ claims: { exp: nowSeconds - 1 } }) }],
  ['403/109', 'too far ahead', { header: vapid({ claims: { exp: nowSeconds + 24 * 3600 + 61 } }) }],
  ['403/109', 'sub no URI', { header: vapid({ claims: { sub: 'ops@fabrikam.com' } }) }],
  ['403/109', 'sub with a space', { header: vapid({ claims: { sub: 'mailto: ops@fabrikam.com' } }) }],
  ['403/109', 'sub local', { header: vapid({ claims: { sub: 'mailto:ops@localhost' } }) }],
];

for (const [expected, about, request] of refusals) {
  test(`refused with ${expected}: ${about}`, () => assert.equal(check(request), expected));
}
