// The organization's certificate: self-signed, its own trust anchor at the relay (ARCHITECTURE.md). Made with
// @peculiar/x509 on WebCrypto, read with Node's own parser. The private key leaves this file only as PKCS #8, to be
// sealed at once.

import 'reflect-metadata';
import { type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Random } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';

export const friendlyName = 'Mailbadge S2S OAuth';
/** A relay takes nothing shorter. */
const minimumRsaBits = 2048;

/** The first is what a certificate gets unless told otherwise. */
export const keyKinds = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256'] as const;
export type KeyKind = (typeof keyKinds)[number];

const dayMs = 86_400_000;
/** How long a certificate lasts, unless told otherwise, and what may be told. */
export const lifetimes = { defaultMs: 5 * 365 * dayMs, shortestMs: dayMs, longestMs: 10 * 365 * dayMs };
/** A relay's clock may lag behind ours by this much without finding the certificate "not yet valid". */
const notBeforeMarginMs = 10 * 60_000;

export type Certificate = {
  /** SHA-256 thumbprint, base64url: the `kid` and `x5t#S256` (RFC 7517 §4.9). */
  id: string;
  /** SHA-1 thumbprint as administrators know it: 40 upper-case hexadecimal digits. */
  thumbprint: string;
  subject: string;
  /** Lower case. */
  domains: string[];
  der: Buffer;
  publicKey: KeyObject;
  notBefore: number;
  notAfter: number;
};

export async function makeCertificate({
  organization,
  kind,
  lifetimeMs = lifetimes.defaultMs,
  now,
  random,
}: {
  organization: string;
  kind: KeyKind;
  lifetimeMs?: number | undefined;
  now: number;
  random: Random;
}): Promise<{ certificate: Certificate; privateKey: Secret }> {
  cryptoProvider.set(webcrypto as Crypto);
  const algorithm = algorithmOf(kind);
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: [{ CN: [friendlyName] }, { O: [organization] }],
    notBefore: new Date(now - notBeforeMarginMs),
    notAfter: new Date(now + lifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: organization }]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate: parseCertificate(Buffer.from(made.rawData)),
    privateKey: new Secret(pem('PRIVATE KEY', pkcs8)),
  };
}

/** Throws when the bytes are no X.509 certificate. */
export function parseCertificate(der: Buffer): Certificate {
  const parsed = new X509Certificate(der);
  return {
    id: Buffer.from(parsed.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    thumbprint: parsed.fingerprint.replaceAll(':', '').toUpperCase(),
    subject: parsed.subject.split('\n').join(', '),
    domains: [...(parsed.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(match =>
      (match[1] ?? '').toLowerCase(),
    ),
    der: parsed.raw,
    publicKey: parsed.publicKey,
    notBefore: parsed.validFromDate.getTime(),
    notAfter: parsed.validToDate.getTime(),
  };
}

/** The JOSE algorithm to sign with, or undefined when the key is too small or of a kind that relays do not take. */
export function signingAlgorithm(key: KeyObject): 'RS256' | 'ES256' | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= minimumRsaBits) return 'RS256';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  return undefined;
}

/** The kind to make another one of; undefined for what we do not make, such as RSA of 2560 bits. */
export function keyKindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  const name = type === 'ec' ? 'p-256' : `rsa-${details?.modulusLength}`;
  return keyKinds.find(kind => kind === name);
}

/** Positive and at most 20 octets, as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function algorithmOf(kind: KeyKind) {
  if (kind === 'p-256') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  return {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: Number(kind.slice('rsa-'.length)),
  };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
