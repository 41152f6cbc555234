// What makes a stored certificate unusable, in words and as errors with a remedy.

import { AppError } from '../../../runtime/errors.ts';
import type { Certificate } from './certificate.ts';

export type CertificateFault =
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-key-too-small'
  | 'certificate-key-mismatch'
  | 'sealed-secret-unreadable'
  | 'other-organization';

/** Such as: "expired on 2026-01-01". */
export function describeFault(fault: CertificateFault, certificate: Certificate): string {
  switch (fault) {
    case 'certificate-expired':
      return `expired on ${day(certificate.notAfter)}`;
    case 'certificate-not-yet-valid':
      return `is not valid before ${new Date(certificate.notBefore).toISOString()}`;
    case 'certificate-key-too-small':
      return 'has a key that relays do not take (RSA of 2048 bits or more, or P-256)';
    case 'certificate-key-mismatch':
      return 'does not belong to the private key stored with it';
    case 'sealed-secret-unreadable':
      return 'has a private key that the key file cannot open';
    case 'other-organization':
      return `is not for this organization but for ${certificate.domains.join(', ') || 'none'}`;
  }
}

const hints: Record<Exclude<CertificateFault, 'other-organization'>, string> = {
  'certificate-expired':
    'run "mailbadge proxy trust set-up" to make a new one, then "mailbadge proxy trust connect"',
  'certificate-not-yet-valid': 'this machine’s clock is probably behind: synchronize it (NTP)',
  'certificate-key-too-small': 'run "mailbadge proxy trust set-up" to make a new one',
  'certificate-key-mismatch': 'restore the database from your backup, or run "mailbadge proxy trust set-up"',
  'sealed-secret-unreadable':
    'restore the original key file from your backup; without it, run "mailbadge proxy trust set-up --new-certificate" and connect again',
};

export function faultError(fault: CertificateFault, certificate: Certificate): AppError {
  const code = fault === 'other-organization' ? 'certificate-not-found' : fault;
  return new AppError(
    code,
    `the certificate ${certificate.thumbprint} ${describeFault(fault, certificate)}`,
    {
      hint: fault === 'other-organization' ? 'run "mailbadge proxy trust set-up"' : hints[fault],
    },
  );
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
