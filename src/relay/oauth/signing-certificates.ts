// A self-signed certificate for each token-signing key: servers of the S2S kind know keys only in certificates, by
// x5t. It proves nothing more than the key does. Made once and kept, so that the thumbprint never changes.

import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import { cryptoProvider, X509CertificateGenerator } from '@peculiar/x509';
import type { Kysely } from 'kysely';
import type { RelaySchema } from '../database/schema.ts';
import type { SigningKey } from '../service-keys.ts';

const lifetimeMs = 10 * 365 * 86_400_000;
const rsaSha256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

export type SigningCertificate = {
  /** Of the key, as in the tokens' `kid`. */
  keyId: string;
  /** DER, base64. */
  der: string;
  /** RFC 7515 §4.1.7: SHA-1, base64url. */
  x5t: string;
};

/** In the order of the keys. */
export async function signingCertificates(
  db: Kysely<RelaySchema>,
  ring: readonly SigningKey[],
  issuer: string,
): Promise<SigningCertificate[]> {
  const certificates: SigningCertificate[] = [];
  for (const key of ring) {
    const der = (await storedCertificate(db, key.id)) ?? (await makeCertificate(db, key, issuer));
    const x5t = createHash('sha1').update(der, 'base64').digest('base64url');
    certificates.push({ keyId: key.id, der, x5t });
  }
  return certificates;
}

async function storedCertificate(db: Kysely<RelaySchema>, keyId: string): Promise<string | null> {
  const { certificate } = await db
    .selectFrom('service_key')
    .select('certificate')
    .where('id', '=', keyId)
    .executeTakeFirstOrThrow();
  return certificate;
}

/** Of two processes that make one at once, the first one's counts for both. */
async function makeCertificate(
  db: Kysely<RelaySchema>,
  { id, privateKey, publicJwk }: SigningKey,
  issuer: string,
): Promise<string> {
  const { created_at: createdAt } = await db
    .selectFrom('service_key')
    .select('created_at')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  cryptoProvider.set(webcrypto as Crypto);
  const { subtle } = webcrypto;
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${new URL(issuer).hostname}`,
    serialNumber: `01${Buffer.from(id, 'base64url').toString('hex')}`,
    notBefore: new Date(createdAt),
    notAfter: new Date(createdAt + lifetimeMs),
    signingAlgorithm: rsaSha256,
    keys: {
      privateKey: (await subtle.importKey('pkcs8', pkcs8, rsaSha256, false, ['sign'])) as CryptoKey,
      publicKey: (await subtle.importKey('jwk', publicJwk as JsonWebKey, rsaSha256, true, [
        'verify',
      ])) as CryptoKey,
    },
  });
  const der = Buffer.from(made.rawData).toString('base64');
  await db
    .updateTable('service_key')
    .set({ certificate: der })
    .where('id', '=', id)
    .where('certificate', 'is', null)
    .execute();
  return (await storedCertificate(db, id)) ?? der;
}
