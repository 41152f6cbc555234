// The public keys that an authorization server signs with, from certificates or from a key set (RFC 7517). Only keys
// that could sign a token are kept, and of those only the public members.

import { createPublicKey, type JsonWebKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import { parseJson } from '../relay/relay-failure.ts';
import type { SigningKey } from './auth-server.ts';

/** More are not pinned. */
const mostKeys = 10;
const leastRsaBits = 2048;

const keySetSchema = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), use: z.string().optional() })).max(100),
});

/** Undefined when its key is too small to sign with. */
export function signingKeyOfCertificate(certificate: X509Certificate): SigningKey | undefined {
  if (!isStrong(certificate.publicKey)) return undefined;
  return {
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    notAfter: certificate.validToDate.getTime(),
    publicJwk: { ...certificate.publicKey.export({ format: 'jwk' }) },
  };
}

/** Undefined when the bytes are no key set. */
export async function signingKeysOfKeySet(body: Buffer): Promise<SigningKey[] | undefined> {
  const parsed = keySetSchema.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const keys: SigningKey[] = [];
  for (const jwk of parsed.data.keys) {
    if (jwk.use !== undefined && jwk.use !== 'sig') continue; // RFC 7517 §4.2
    const key = publicKeyOf(jwk);
    if (key === undefined || !isStrong(key)) continue;
    const publicJwk = { ...key.export({ format: 'jwk' }) };
    keys.push({ thumbprint: await calculateJwkThumbprint(publicJwk), notAfter: null, publicJwk });
  }
  return keys;
}

/** The first ten, each once. */
export function boundedKeys(keys: SigningKey[]): SigningKey[] {
  return [...new Map(keys.map(key => [key.thumbprint, key])).values()].slice(0, mostKeys);
}

function publicKeyOf(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined; // a symmetric key, or of a kind unknown here: RFC 7517 §5 has it ignored
  }
}

function isStrong({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === 'rsa' ? (details?.modulusLength ?? 0) >= leastRsaBits : type === 'ec' || type === 'ed25519';
}
