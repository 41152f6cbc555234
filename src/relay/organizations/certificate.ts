// Reads the certificate that an organization identifies itself with. Self-signed is right: what counts is that the
// holder of its private key proved so, and that an administrator's one-time code vouches for it.

import { createHash, X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { AppError } from '../../runtime/errors.ts';

export type Certificate = {
  /** SHA-256 thumbprint, base64url: the `kid`. */
  thumbprint: string;
  /** DER, base64. */
  der: string;
  publicJwk: JWK;
  notBefore: number;
  notAfter: number;
};

const minimumRsaBits = 2048;

/** Parses base64 DER and checks form and key; the dates are judged by `assertCurrent`. */
export function parseCertificate(base64: string): Certificate {
  const certificate = readX509(base64);
  const { publicKey } = certificate;
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType === 'rsa') {
    if (modulusLength === undefined || modulusLength < minimumRsaBits) {
      throw new AppError('certificate-key-too-small', `the certificate's RSA key has ${modulusLength} bits`, {
        hint: `at least ${minimumRsaBits} are needed: make a new certificate`,
      });
    }
  } else if (publicKey.asymmetricKeyType !== 'ec' || namedCurve !== 'prime256v1') {
    throw new AppError(
      'certificate-invalid',
      `the certificate's key is ${namedCurve ?? publicKey.asymmetricKeyType}`,
      {
        hint: `use RSA of ${minimumRsaBits} bits or more, or EC on P-256`,
      },
    );
  }
  return {
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    der: certificate.raw.toString('base64'),
    publicJwk: publicKey.export({ format: 'jwk' }),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

/** Throws unless the certificate is within its dates. */
export function assertCurrent({ notBefore, notAfter }: Certificate, now: number): void {
  if (now >= notAfter) {
    throw new AppError('certificate-expired', `the certificate expired at ${utc(notAfter)}`, {
      hint: `make a new certificate; if it should still be valid, check the clocks (the relay's shows ${utc(now)})`,
    });
  }
  if (now < notBefore) {
    throw new AppError(
      'certificate-not-yet-valid',
      `the certificate is valid only from ${utc(notBefore)} on`,
      {
        hint: `wait, or set the clock of the machine that made it (the relay's shows ${utc(now)})`,
      },
    );
  }
}

export function utc(ms: number): string {
  return new Date(ms).toISOString();
}

function readX509(base64: string): X509Certificate {
  if (!/^[A-Za-z0-9+/]{4,}={0,2}$/.test(base64)) {
    throw new AppError('certificate-invalid', 'the certificate is not base64', {
      hint: 'give the DER form in base64, without PEM header lines; never a private key or a PFX file',
    });
  }
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    if (
      Number.isNaN(certificate.validFromDate.getTime()) ||
      Number.isNaN(certificate.validToDate.getTime())
    ) {
      throw new Error('its dates cannot be read');
    }
    certificate.publicKey.export({ format: 'jwk' }); // fails for key types that JOSE has no form for
    return certificate;
  } catch (cause) {
    throw new AppError('certificate-invalid', 'the certificate cannot be read', {
      hint: 'give an X.509 certificate in DER form, base64; never a private key or a PFX file',
      cause,
    });
  }
}
