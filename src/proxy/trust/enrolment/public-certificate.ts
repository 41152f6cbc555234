// Reads the public certificate that an administrator names for `trust connect`: DER, or PEM with nothing else in it.
// Whatever holds a private key is refused here, before anything is sent: a key handed to others by mistake is lost.

import { AppError } from '../../../runtime/errors.ts';
import { type Certificate, parseCertificate } from '../certificates/certificate.ts';
import { importBytes } from '../certificates/import-certificate.ts';

const exportPublicPart =
  'give the public part only; "mailbadge proxy trust certificate export" writes it, and so does: openssl x509 -in FILE -outform der -out OAuthCert.cer';

/** Throws an AppError that says what the file is instead. */
export function readPublicCertificate(bytes: Buffer): Certificate {
  if (bytes.length === 0) throw unreadable('it is empty');
  if (bytes.length > importBytes) throw unreadable('it is too large to be one certificate');
  const text = bytes.toString('latin1');
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label]) => label ?? '');
  if (labels.some(label => label.endsWith('PRIVATE KEY'))) throw holdsKey('it holds a private key');
  if (labels.length === 0) return readDer(bytes);
  const [label] = labels;
  if (labels.length > 1) throw unreadable(`it holds ${labels.length} PEM blocks, not one certificate`);
  if (label !== 'CERTIFICATE') throw unreadable(`it holds a ${label?.toLowerCase()}`);
  const [, encoded] =
    /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/.exec(text) ?? [];
  if (encoded === undefined) throw unreadable('its PEM is cut off or damaged');
  return parsed(Buffer.from(encoded, 'base64'));
}

function readDer(bytes: Buffer): Certificate {
  const first = firstElement(bytes);
  if (first === undefined) throw unreadable('it is neither DER nor PEM');
  if (first.total > bytes.length) throw unreadable('it is cut off');
  if (first.total < bytes.length) throw unreadable('something follows the certificate in it');
  // PFX (RFC 7292 §4), PKCS #8, PKCS #1 and SEC 1 keys begin with a version number; a certificate with a sequence.
  const [tag, length, version] = bytes.subarray(first.header);
  if (tag === 0x02 && length === 1) {
    throw version === 3
      ? holdsKey('it is a PFX file, with the private key in it')
      : holdsKey('it is a private key');
  }
  // PKCS #8, encrypted: an algorithm and an octet string, two elements instead of a certificate's three
  const inner = firstElement(bytes.subarray(first.header));
  if (inner !== undefined && bytes[first.header + inner.total] === 0x04)
    throw holdsKey('it is a private key');
  return parsed(bytes);
}

/** The sizes of the ASN.1 sequence at the start; undefined when there is none. */
function firstElement(bytes: Buffer): { header: number; total: number } | undefined {
  const [tag, short] = bytes;
  if (tag !== 0x30 || short === undefined) return undefined;
  if (short < 0x80) return { header: 2, total: 2 + short };
  const octets = short - 0x80;
  if (octets < 1 || octets > 4 || bytes.length < 2 + octets) return undefined;
  const header = 2 + octets;
  return { header, total: header + bytes.readUIntBE(2, octets) };
}

function parsed(der: Buffer): Certificate {
  try {
    return parseCertificate(der);
  } catch {
    throw unreadable('it is no certificate');
  }
}

function unreadable(because: string): AppError {
  return new AppError('certificate-invalid', `the certificate file cannot be taken: ${because}`, {
    hint: 'give a certificate as DER (.cer) or PEM; without --certificate-file the current one is taken',
  });
}

function holdsKey(because: string): AppError {
  return new AppError(
    'certificate-invalid',
    `the certificate file cannot be taken: ${because}; nothing was sent`,
    {
      hint: exportPublicPart,
    },
  );
}
