// A certificate with its private key from a file that an administrator has: PFX, or PEM with both. Everything that
// can be wrong with it is found here, before anything is stored.

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { AppError } from '../../../runtime/errors.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { type Certificate, parseCertificate, signingAlgorithm } from './certificate.ts';
import { faultError } from './certificate-fault.ts';
import { readPfx } from './read-pfx.ts';

export const importBytes = 64 * 1024;

export type ImportedCertificate = {
  certificate: Certificate;
  privateKey: Secret;
  friendlyName: string | undefined;
};

type Pair = { der: Buffer; key: KeyObject; friendlyName: string | undefined };

/** `password` is called only when the file turns out to need one. */
export async function readCertificateFile(
  bytes: Buffer,
  { password, now }: { password: () => Promise<Secret>; now: number },
): Promise<ImportedCertificate> {
  if (bytes.length > importBytes) throw unreadable(`it has more than ${importBytes} bytes`);
  const text = bytes.toString('latin1');
  const { der, key, friendlyName } = text.includes('-----BEGIN ')
    ? await fromPem(text, password)
    : await fromDer(bytes, password);
  const certificate = parseCertificate(der);
  assertSuitable(certificate, now);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate, privateKey: new Secret(pkcs8), friendlyName };
}

async function fromPem(text: string, password: () => Promise<Secret>): Promise<Pair> {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g)];
  const keyBlock = blocks.find(([, label]) => label?.endsWith('PRIVATE KEY'))?.[0];
  const certificates = blocks
    .filter(([, label]) => label === 'CERTIFICATE')
    .map(([block]) => parseX509(block));
  if (certificates.length === 0) throw unreadable('it holds no complete certificate');
  if (keyBlock === undefined) throw withoutKey();
  const encrypted = /ENCRYPTED/.test(keyBlock);
  const passphrase = encrypted ? (await password()).reveal() : undefined;
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: keyBlock,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (cause) {
    if (encrypted) throw wrongPassword(cause);
    throw unreadable('its private key is damaged', cause);
  }
  return { ...pairOf(certificates, [key]), friendlyName: undefined };
}

async function fromDer(bytes: Buffer, password: () => Promise<Secret>): Promise<Pair> {
  if (isCertificate(bytes)) throw withoutKey();
  let reading = await readPfx(bytes, { password: new Secret('') });
  if (reading.kind === 'password-wrong') reading = await readPfx(bytes, { password: await password() });
  switch (reading.kind) {
    case 'not-a-pfx':
      throw unreadable('it is neither PFX nor PEM, or it is cut off');
    case 'password-wrong':
      throw wrongPassword();
    case 'unsupported':
      throw new AppError(
        'certificate-form-unsupported',
        `the PFX file is encrypted by ${reading.algorithm}, which is too weak today`,
        {
          hint: 'turn it into a PEM file first: openssl pkcs12 -legacy -in OLD.pfx -out NEW.pem, and import NEW.pem',
        },
      );
    case 'read': {
      if (reading.keys.length === 0) throw withoutKey();
      const certificates = reading.certificates.map(parseX509);
      if (certificates.length === 0) throw unreadable('it holds no certificate');
      return { ...pairOf(certificates, reading.keys), friendlyName: reading.friendlyName };
    }
  }
}

/** The certificate and the key that belong together; a file may hold a whole chain. */
function pairOf(certificates: X509Certificate[], keys: KeyObject[]): { der: Buffer; key: KeyObject } {
  for (const key of keys) {
    const publicKey = createPublicKey(key);
    const certificate = certificates.find(each => each.publicKey.equals(publicKey));
    if (certificate !== undefined) return { der: certificate.raw, key };
  }
  throw new AppError(
    'certificate-key-mismatch',
    'the private key in the file belongs to another certificate',
    {
      hint: 'export certificate and private key together, from where they were made',
    },
  );
}

function assertSuitable(certificate: Certificate, now: number): void {
  if (now >= certificate.notAfter) throw faultError('certificate-expired', certificate);
  if (now < certificate.notBefore) throw faultError('certificate-not-yet-valid', certificate);
  if (signingAlgorithm(certificate.publicKey) !== undefined) return;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa') throw faultError('certificate-key-too-small', certificate);
  throw new AppError('certificate-invalid', `the certificate's key is ${details?.namedCurve ?? type}`, {
    hint: 'relays take RSA of 2048 bits or more, or EC on P-256',
  });
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0;
  } catch {
    return false;
  }
}

function parseX509(encoded: Buffer | string): X509Certificate {
  try {
    const certificate = new X509Certificate(encoded);
    // Read only when they are looked at: damaged ones throw, or are NaN.
    const { publicKey, validFromDate, validToDate } = certificate;
    if (publicKey.type !== 'public' || Number.isNaN(validFromDate.getTime() + validToDate.getTime())) {
      throw new Error('key or dates cannot be read');
    }
    return certificate;
  } catch (cause) {
    throw unreadable('its certificate is damaged', cause);
  }
}

function withoutKey(): AppError {
  return new AppError('certificate-invalid', 'the file holds a certificate without its private key', {
    hint: 'export it with the private key (a PFX file), or put certificate and key into one PEM file',
  });
}

function wrongPassword(cause?: unknown): AppError {
  return new AppError('certificate-password-wrong', 'the password of the certificate file is wrong', {
    hint: 'give the password that the file was exported with',
    cause,
  });
}

function unreadable(because: string, cause?: unknown): AppError {
  return new AppError('certificate-invalid', `the certificate file cannot be read: ${because}`, {
    hint: 'give a PFX file, or a PEM file with the certificate and its private key',
    cause,
  });
}
