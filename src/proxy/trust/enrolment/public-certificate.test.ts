import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../runtime/errors.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { makeCertificate } from '../certificates/certificate.ts';
import { readPublicCertificate } from './public-certificate.ts';

let der: Buffer;
let keyPem: string;
before(async () => {
  const made = await makeCertificate({
    organization: 'fabrikam.com',
    kind: 'p-256',
    now: Date.UTC(2026, 0, 1),
    random: systemRandom,
  });
  der = made.certificate.der;
  keyPem = made.privateKey.reveal();
});

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`;

function refusal(bytes: Buffer | string): string {
  try {
    readPublicCertificate(Buffer.from(bytes));
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'certificate-invalid');
    return error.message;
  }
  return 'taken';
}

test('DER and PEM are taken, with text around the PEM', () => {
  const { thumbprint } = readPublicCertificate(der);
  assert.match(thumbprint, /^[0-9A-F]{40}$/);
  assert.equal(readPublicCertificate(Buffer.from(pem('CERTIFICATE', der))).thumbprint, thumbprint);
  const withText = `Bag Attributes\n    friendlyName: x\n${pem('CERTIFICATE', der).replaceAll('\n', '\r\n')}`;
  assert.equal(readPublicCertificate(Buffer.from(withText)).thumbprint, thumbprint);
});

test('whatever holds a private key is refused, and says that nothing was sent', () => {
  const ec = createPrivateKey(keyPem);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const cases: Record<string, Buffer | string> = {
    'PEM with both': pem('CERTIFICATE', der) + keyPem,
    'PKCS #8 PEM': keyPem,
    'PKCS #8 DER': ec.export({ type: 'pkcs8', format: 'der' }),
    'PKCS #8 DER, encrypted': rsa.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    }),
    'SEC 1 DER': ec.export({ type: 'sec1', format: 'der' }),
    'PKCS #1 PEM': rsa.export({ type: 'pkcs1', format: 'pem' }),
    'PKCS #1 DER': rsa.export({ type: 'pkcs1', format: 'der' }),
    'a PFX': Buffer.from('3008020103300306012a', 'hex'),
  };
  for (const [name, bytes] of Object.entries(cases)) assert.match(refusal(bytes), /nothing was sent/, name);
});

test('what is empty, cut off, too large, doubled or something else says so', () => {
  assert.match(refusal(''), /it is empty/);
  assert.match(refusal(der.subarray(0, 100)), /it is cut off/);
  assert.match(refusal(pem('CERTIFICATE', der).slice(0, 200)), /its PEM is cut off/);
  assert.match(refusal(Buffer.alloc(70_000, 0x30)), /too large/);
  assert.match(refusal(pem('CERTIFICATE', der) + pem('CERTIFICATE', der)), /2 PEM blocks/);
  assert.match(refusal(pem('CERTIFICATE REQUEST', der)), /it holds a certificate request/);
  assert.match(refusal('hello'), /neither DER nor PEM/);
  assert.match(refusal(Buffer.concat([der, der])), /something follows/);
  assert.match(refusal(pem('CERTIFICATE', Buffer.from('nonsense'))), /no certificate/);
});

test('arbitrary and damaged bytes end in a refusal, never in a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      assert.notEqual(refusal(Buffer.from(bytes)), 'taken');
    }),
  );
  fc.assert(
    fc.property(fc.nat({ max: 700 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(der);
      damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ change;
      refusal(damaged);
    }),
  );
});
