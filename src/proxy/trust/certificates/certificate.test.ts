import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { systemRandom } from '../../../runtime/random.ts';
import {
  type KeyKind,
  keyKinds,
  makeCertificate,
  parseCertificate,
  signingAlgorithm,
} from './certificate.ts';

const now = Date.UTC(2026, 5, 1, 12);

async function make(kind: KeyKind = keyKinds[0]) {
  return makeCertificate({ organization: 'fabrikam.com', kind, now, random: systemRandom });
}

test('a certificate is RSA 2048 for five years, begins a little in the past, and names the organization', async () => {
  const { certificate, privateKey } = await make();
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  assert.equal(certificate.notBefore, now - 10 * 60_000);
  assert.equal(certificate.notAfter, now + 5 * 365 * 86_400_000);
  assert.deepEqual(certificate.domains, ['fabrikam.com']);
  assert.match(certificate.subject, /CN=Mailbadge S2S OAuth/);
  assert.match(certificate.thumbprint, /^[0-9A-F]{40}$/);
  assert.match(certificate.id, /^[A-Za-z0-9_-]{43}$/);
  assert.ok(createPublicKey(createPrivateKey(privateKey.reveal())).equals(certificate.publicKey));
  assert.deepEqual(parseCertificate(certificate.der).id, certificate.id);
});

test('the private key does not print', async () => {
  const made = await make('p-256');
  assert.doesNotMatch(inspect(made, { depth: 5 }), /PRIVATE/);
  assert.doesNotMatch(JSON.stringify(made.privateKey), /PRIVATE/);
});

for (const [kind, algorithm] of [
  ['rsa-3072', 'RS256'],
  ['rsa-4096', 'RS256'],
  ['p-256', 'ES256'],
] as const) {
  test(`a ${kind} certificate signs with ${algorithm}`, async () => {
    assert.equal(signingAlgorithm((await make(kind)).certificate.publicKey), algorithm);
  });
}

test('keys that relays do not take have no algorithm', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
  const edwards = generateKeyPairSync('ed25519').publicKey;
  for (const key of [short, otherCurve, edwards]) assert.equal(signingAlgorithm(key), undefined);
});

test('two certificates never share a serial number or a key', async () => {
  const [a, b] = [await make('p-256'), await make('p-256')];
  assert.notEqual(a.certificate.id, b.certificate.id);
  assert.ok(!a.certificate.publicKey.equals(b.certificate.publicKey));
});
