// A throw-away certificate authority and one server certificate of it, for the simulators: their TLS is real, so
// the code under test verifies names and chains as it does in production. Valid for a year, kept nowhere.

import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { SystemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';

export type TestCertificate = {
  /** What a client must trust. */
  caPem: string;
  certPem: string;
  keyPem: string;
};

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;

/** Makes a new authority and a server certificate for `hosts`: names, or IP addresses. */
export async function createTestCertificate({ hosts }: { hosts: string[] }): Promise<TestCertificate> {
  const now = new SystemClock().now(); // TLS stacks judge validity by the machine's time, whatever a simulator's clock says
  const validity = { notBefore: new Date(now - hourMs), notAfter: new Date(now + 365 * 24 * hourMs) };
  const caKeys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serialNumber(),
    name: 'CN=Mailbadge simulator authority',
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const serverKeys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...validity,
    serialNumber: serialNumber(),
    subject: `CN=${hosts[0] ?? 'simulator'}`,
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      // RFC 6125 §6.4.4: the name is checked against the alternative names, not the subject
      new SubjectAlternativeNameExtension(
        hosts.map(host => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }) as const),
      ),
    ],
  });
  return {
    caPem: toPem(authority),
    certPem: toPem(certificate),
    keyPem: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', serverKeys.privateKey), 'PRIVATE KEY'),
  };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
function serialNumber(): string {
  const bytes = systemRandom.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function toPem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
