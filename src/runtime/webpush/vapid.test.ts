import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../manual-clock.ts';
import { newEphemeralKey } from './encrypt.ts';
import { createVapidSigner } from './vapid.ts';

const hourMs = 3_600_000;
const key = newEphemeralKey().privateKey;
const subject = 'mailto:ops@fabrikam.com';

function parse(authorization: string) {
  const match = /^vapid t=([^.]+)\.([^.]+)\.([^,]+), k=(\S+)$/.exec(authorization);
  assert.ok(match, authorization);
  const [, header = '', claims = '', signature = '', k = ''] = match;
  return {
    header: JSON.parse(Buffer.from(header, 'base64url').toString()),
    claims: JSON.parse(Buffer.from(claims, 'base64url').toString()),
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
    k,
  };
}

test('a token names its push service, its end and the operator, signed by the key beside it', () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const signer = createVapidSigner({ key, subject, clock });
  const { header, claims, signed, signature, k } = parse(signer.authorization('https://push.example.com'));
  assert.deepEqual(header, { typ: 'JWT', alg: 'ES256' });
  assert.deepEqual(claims, {
    aud: 'https://push.example.com',
    exp: (Date.UTC(2026, 5, 1) + 12 * hourMs) / 1000,
    sub: subject,
  });
  assert.equal(signature.length, 64);
  assert.ok(verify('sha256', signed, { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' }, signature));
  assert.equal(k, signer.publicKey);
  assert.equal(Buffer.from(k, 'base64url').length, 65);
});

test('one signature serves an origin until an hour before its end', async () => {
  const clock = new ManualClock();
  const signer = createVapidSigner({ key, subject, clock });
  const first = signer.authorization('https://a.example.com');
  assert.notEqual(signer.authorization('https://b.example.com'), first);
  await clock.advance(11 * hourMs - 1);
  assert.equal(signer.authorization('https://a.example.com'), first);
  await clock.advance(1);
  assert.notEqual(signer.authorization('https://a.example.com'), first);
});

test('a clock that was set back signs anew: the old token would end too late', () => {
  let now = Date.UTC(2026, 5, 2);
  const clock = Object.assign(new ManualClock(), { now: () => now });
  const signer = createVapidSigner({ key, subject, clock });
  const before = parse(signer.authorization('https://a.example.com')).claims.exp;
  now -= 24 * hourMs;
  const after = parse(signer.authorization('https://a.example.com')).claims.exp;
  assert.equal(before - after, 24 * 3600);
});

test('the number of remembered origins is bounded', () => {
  const signer = createVapidSigner({ key, subject, clock: new ManualClock() });
  const first = signer.authorization('https://0.example.com');
  for (let index = 1; index <= 256; index += 1) signer.authorization(`https://${index}.example.com`);
  assert.notEqual(signer.authorization('https://0.example.com'), first); // ECDSA signatures are randomized
});
