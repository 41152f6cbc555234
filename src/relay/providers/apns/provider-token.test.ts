import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { ProviderToken, parseSigningKey } from './provider-token.ts';

const minute = 60_000;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const start = Date.UTC(2026, 0, 1, 12, 10);

function tokenAt(clock: ManualClock): ProviderToken {
  return new ProviderToken({ keyId: 'ABC123DEFG', teamId: 'DEF123GHIJ', key: privateKey, clock });
}

function decode(token: string): { header: unknown; claims: { iss: string; iat: number } } {
  const [header = '', claims = ''] = token.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: parse(header), claims: parse(claims) };
}

const issuedAt = (token: string): number => decode(token).claims.iat * 1000;

test('the token is a JWT that the public key verifies, signed as r ‖ s', () => {
  const token = tokenAt(new ManualClock(start)).current();
  const { header, claims } = decode(token);
  assert.deepEqual(header, { alg: 'ES256', kid: 'ABC123DEFG' });
  assert.equal(claims.iss, 'DEF123GHIJ');
  const [input, signature] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2] ?? ''];
  const bytes = Buffer.from(signature, 'base64url');
  assert.equal(bytes.length, 64);
  const key = { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' } as const;
  assert.ok(verify('sha256', Buffer.from(input), key, bytes));
});

test('over a day it is never older than 50 minutes and never renewed within 20', async () => {
  const clock = new ManualClock(start);
  const token = tokenAt(clock);
  let before = issuedAt(token.current());
  for (let elapsed = 0; elapsed < 24 * 60; elapsed += 1) {
    await clock.advance(minute);
    const at = issuedAt(token.current());
    assert.ok(clock.now() - at < 50 * minute);
    assert.ok(at === before || at - before >= 20 * minute);
    before = at;
  }
});

test('two relays, or one that was restarted, issue tokens of the same age', async () => {
  const clock = new ManualClock(start);
  const first = tokenAt(clock);
  const issued = issuedAt(first.current());
  await clock.advance(15 * minute);
  assert.equal(issuedAt(tokenAt(clock).current()), issued);
});

test('an expired token is replaced at most once in 20 minutes; a younger one is tried again', async () => {
  const clock = new ManualClock(start); // the window began at 12:00
  const token = tokenAt(clock);
  const first = token.current();
  assert.equal(token.replaceExpired(first), first, 'it is ten minutes old');
  await clock.advance(15 * minute);
  const second = token.replaceExpired(first);
  assert.equal(issuedAt(second), clock.now());
  assert.equal(token.replaceExpired(first), second, 'a newer one is there already');
  assert.equal(token.current(), second);
  assert.equal(token.replaceExpired(second), second);
});

test('a token that is too new gives way to one of the window before, until the next may be issued', async () => {
  const clock = new ManualClock(start); // the window began at 12:00; another sender's token is of 11:55
  const token = tokenAt(clock);
  const first = token.current();
  const older = token.stepBackFrom(first);
  assert.equal(issuedAt(older ?? ''), Date.UTC(2026, 0, 1, 11, 30));
  assert.equal(token.stepBackFrom(first), older, 'somebody did it before');
  assert.equal(token.current(), older);
  await clock.advance(9 * minute);
  assert.equal(token.current(), older);
  await clock.advance(minute); // 12:20: 25 minutes after the other sender's
  assert.equal(issuedAt(token.current()), clock.now());
});

test('there is no stepping back to a token that is too old', async () => {
  const clock = new ManualClock(start);
  await clock.advance(11 * minute); // 12:21, and the window before began at 11:30
  const token = tokenAt(clock);
  const first = token.current();
  assert.equal(token.stepBackFrom(first), undefined);
  assert.equal(token.current(), first);
});

test('a clock that was set back does not keep a token from the future', async () => {
  const clock = new ManualClock(start);
  const token = tokenAt(clock);
  token.current();
  await clock.advance(-3 * 60 * minute);
  assert.ok(issuedAt(token.current()) <= clock.now());
});

test('only a P-256 private key is a signing key', () => {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.equal(parseSigningKey(pem, { source: 'key.p8' }).asymmetricKeyType, 'ec');
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  for (const wrong of ['', 'no key', String(p384)]) {
    assert.throws(() => parseSigningKey(wrong, { source: 'key.p8' }), { code: 'config-invalid' });
  }
});
