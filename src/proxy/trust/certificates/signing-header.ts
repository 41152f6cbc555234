// The JOSE header of everything that the organization's key signs: assertions, tickets, proofs, tokens of its own.
// Receivers find the key by `kid` or `x5t#S256`; those of the older S2S protocol by `x5t`.

import type { OrganizationKey, SigningAlgorithm } from './certificate-store.ts';

export type SigningHeader = { alg: SigningAlgorithm; kid: string; 'x5t#S256': string; x5t: string };

export function signingHeader({
  certificate,
  algorithm,
}: Pick<OrganizationKey, 'certificate' | 'algorithm'>): SigningHeader {
  return {
    alg: algorithm,
    kid: certificate.id,
    'x5t#S256': certificate.id, // RFC 7515 §4.1.8
    x5t: Buffer.from(certificate.thumbprint, 'hex').toString('base64url'), // RFC 7515 §4.1.7
  };
}
