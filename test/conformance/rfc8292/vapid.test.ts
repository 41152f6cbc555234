// RFC 8292, VAPID. `jose` verifies the token as a push service would; `web-push`, the library most senders use, is the
// oracle for the header's form.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import webPush from 'web-push';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { createVapidSigner } from '../../../src/runtime/webpush/vapid.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const subject = 'mailto:ops@fabrikam.com';
const origin = 'https://push.example.net';
const clock = new SystemClock();
const signer = createVapidSigner({ key: privateKey, subject, clock });

function split(authorization: string): { token: string; key: string } {
  const match = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization);
  assert.ok(match, authorization);
  return { token: match[1] ?? '', key: match[2] ?? '' };
}

test('§2, §3.2: the token verifies with the key sent beside it', async () => {
  const { token, key } = split(signer.authorization(origin));
  const point = Buffer.from(key, 'base64url');
  assert.equal(point.length, 65);
  assert.equal(point[0], 0x04);
  const publicKey = await importJWK(
    {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
    'ES256',
  );
  const { payload } = await jwtVerify(token, publicKey, { audience: origin, algorithms: ['ES256'] });
  assert.equal(payload.sub, subject);
  const aheadSeconds = (payload.exp ?? 0) - clock.now() / 1000;
  assert.ok(aheadSeconds > 3600 && aheadSeconds <= 24 * 3600, `${aheadSeconds} s`);
});

test('§3: header, claims and key have the form that web-push gives them', () => {
  const ours = split(signer.authorization(origin));
  const secret = (privateKey.export({ format: 'jwk' }).d ?? '').toString();
  const { Authorization } = webPush.getVapidHeaders(origin, subject, signer.publicKey, secret, 'aes128gcm');
  const theirs = split(Authorization);
  assert.equal(ours.key, theirs.key);
  assert.deepEqual(decodeProtectedHeader(ours.token), decodeProtectedHeader(theirs.token));
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const { exp: _ours, ...ourClaims } = claimsOf(ours.token);
  const { exp: _theirs, ...theirClaims } = claimsOf(theirs.token);
  assert.deepEqual(ourClaims, theirClaims);
});
