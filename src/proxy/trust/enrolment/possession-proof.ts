// The proof that the holder of a certificate's private key hands it in: a short-lived JWS for this relay, used once.
// What it is bound to besides (a code, the organization) are its further claims.

import { SignJWT } from 'jose';
import { proofType } from '../../../contract/enrolment.ts';
import type { Random } from '../../../runtime/random.ts';
import type { OrganizationKey } from '../certificates/certificate-store.ts';
import { signingHeader } from '../certificates/signing-header.ts';

const lifetimeSeconds = 120;

/** `now` in milliseconds, by the relay's clock where it is known. */
export function signPossessionProof(
  key: OrganizationKey,
  {
    issuer,
    claims,
    now,
    random,
  }: { issuer: string; claims: Record<string, string>; now: number; random: Random },
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ typ: proofType, ...signingHeader(key) })
    .setIssuer(key.certificate.id)
    .setSubject(key.certificate.id)
    .setAudience(issuer)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(random.uuid())
    .sign(key.privateKey);
}
