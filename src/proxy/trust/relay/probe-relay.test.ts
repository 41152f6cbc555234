import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { probeProofType } from '../../../contract/probes.ts';
import { judgeProof } from './probe-relay.ts';

const now = Date.UTC(2026, 0, 1);
const expected = {
  issuer: 'https://relay.example.com',
  realm: '5f0c0b7e-6a3e-4c2e-9a55-0e4b3f1f2a11',
  probeId: '8b567958-58a4-403c-a8f0-524d7f1e9279',
  nonce: 'n'.repeat(43),
  now,
};

const pair = await generateKeyPair('RS256', { extractable: true });
const other = await generateKeyPair('ES256', { extractable: true });
const pinned = [await exportJWK(other.publicKey), await exportJWK(pair.publicKey)] as Record<
  string,
  unknown
>[];

function proof(change: Partial<typeof expected & { typ: string; issuedAt: number }> = {}): Promise<string> {
  const { issuer, realm, probeId, nonce, typ, issuedAt } = {
    ...{ ...expected, typ: probeProofType, issuedAt: now / 1000 },
    ...change,
  };
  return new SignJWT({ nonce })
    .setProtectedHeader({ alg: 'RS256', typ })
    .setIssuer(issuer)
    .setAudience(realm)
    .setJti(probeId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 60)
    .sign(pair.privateKey);
}

test('a proof by any of the pinned keys, over our nonce', async () => {
  assert.deepEqual(await judgeProof(await proof(), expected, pinned), { kind: 'proven' });
});

test('no pinned key made it: perhaps there is a new one', async () => {
  assert.deepEqual(await judgeProof(await proof(), expected, []), { kind: 'key-unknown' });
  const [notIts] = pinned;
  assert.deepEqual(await judgeProof(await proof(), expected, [notIts ?? {}]), { kind: 'key-unknown' });
});

for (const [what, change] of [
  ['an old nonce', { nonce: 'o'.repeat(43) }],
  ['another probe', { probeId: '00000000-58a4-403c-a8f0-524d7f1e9279' }],
  ['another organization', { realm: '00000000-6a3e-4c2e-9a55-0e4b3f1f2a11' }],
  ['another issuer', { issuer: 'https://elsewhere.example' }],
  ['an access token', { typ: 'at+jwt' }],
  ['one of an hour ago', { issuedAt: now / 1000 - 3600 }],
] as const) {
  test(`refused: ${what}`, async () => {
    assert.equal((await judgeProof(await proof(change), expected, pinned)).kind, 'wrong');
  });
}

test('refused: no JWS at all', async () => {
  assert.equal((await judgeProof('nonsense', expected, pinned)).kind, 'wrong');
});
