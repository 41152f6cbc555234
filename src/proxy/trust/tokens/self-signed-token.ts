// Direct trust: the organization signs its own access token (RFC 9068) with the key whose certificate the relay
// already holds, and no token server stands between. Only where relay and organization have it switched on.

import { SignJWT } from 'jose';
import type { Random } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { signingHeader } from '../certificates/signing-header.ts';
import type { RelayConnection } from '../relay/relay-trust.ts';
import type { TokenGrant } from './token-request.ts';

/** A relay takes no longer ones. */
const lifetimeSeconds = 600;
/** So that a relay whose clock lags a little does not find the token "not yet valid". */
const backdateSeconds = 5;

/** `now` in milliseconds, by the relay's clock where it is known. */
export async function signAccessToken(
  { pin, enrolment, key }: RelayConnection,
  { now, random }: { now: number; random: Random },
): Promise<TokenGrant> {
  const { metadata, publishAudience } = pin;
  if (!metadata.capabilities.includes('direct-trust')) {
    return {
      kind: 'failed',
      failure: {
        code: 'capability-missing',
        message: `the relay (version ${metadata.version}) takes no access tokens that organizations sign themselves`,
        hint: 'set relay.direct_trust: false; ask the relay’s operator to update it',
      },
    };
  }
  const { realm, applicationId } = enrolment;
  const issuedAt = Math.floor(now / 1000) - backdateSeconds;
  const token = await new SignJWT({ client_id: applicationId, realm })
    .setProtectedHeader({ typ: 'at+jwt', ...signingHeader(key) }) // RFC 9068 §2.1
    .setIssuer(applicationId)
    .setSubject(applicationId)
    .setAudience(publishAudience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(random.uuid())
    .sign(key.privateKey);
  const lifetimeMs = (lifetimeSeconds - backdateSeconds) * 1000;
  return { kind: 'granted', accessToken: new Secret(token), lifetimeMs };
}
