// Proves to a proxy that this relay is the one whose keys it pinned: its nonce, signed with the key that signs access
// tokens. A `typ` of its own keeps it from ever passing for one (RFC 8725 §3.11).

import { SignJWT } from 'jose';
import { probeProofType } from '../../contract/probes.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ServiceKeys } from '../service-keys.ts';

const validForSeconds = 60;

export type SignProbeProof = (request: { realm: string; probeId: string; nonce: string }) => Promise<string>;

export function probeProofSigner({
  issuer,
  keys,
  clock,
}: {
  issuer: string;
  keys: ServiceKeys;
  clock: Clock;
}): SignProbeProof {
  return async ({ realm, probeId, nonce }) => {
    const [newest] = await keys.signing('token-signing', 'RS256');
    if (newest === undefined) throw new Error('there is no key that signs access tokens');
    const now = Math.floor(clock.now() / 1000);
    return new SignJWT({ nonce })
      .setProtectedHeader({ alg: 'RS256', kid: newest.id, typ: probeProofType })
      .setIssuer(issuer)
      .setAudience(realm)
      .setJti(probeId)
      .setIssuedAt(now)
      .setExpirationTime(now + validForSeconds)
      .sign(newest.privateKey);
  };
}
