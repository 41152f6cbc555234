// Registration tickets: an organization's proxy vouches, with its certificate's key, that a signed-in user may
// register one installation of one app. A ticket says for whom a device registers; it never says who may publish.
// Here it is only verified: whoever acts on it must also use its `jti`, once.

import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import {
  type TicketClaims,
  ticketClaimsSchema,
  ticketLifetimeMs,
  ticketType,
} from '../../contract/registration.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A key credential and what it stands for, as the organizations know it. */
export type TicketSigner = {
  publicJwk: JWK;
  organizationId: string;
  organizationActive: boolean;
  realm: string;
  sealEpoch: number;
  applicationId: string;
  startAt: number;
  endAt: number;
  revokedAt: number | null;
};

export type FindTicketSigner = (keyId: string) => Promise<TicketSigner | undefined>;

export type VerifiedTicket =
  | { kind: 'valid'; signer: TicketSigner; claims: TicketClaims; id: string; expiresAt: number }
  | { kind: 'invalid'; detail: string }
  | { kind: 'expired' };

/** How far the clocks of proxy and relay may differ. */
const clockToleranceMs = 60_000;

export class TicketVerifier {
  readonly #findSigner: FindTicketSigner;
  readonly #issuer: string;
  readonly #clock: Clock;

  /** `issuer` is this relay's: the audience that a ticket must name. */
  constructor({ findSigner, issuer, clock }: { findSigner: FindTicketSigner; issuer: string; clock: Clock }) {
    this.#findSigner = findSigner;
    this.#issuer = issuer;
    this.#clock = clock;
  }

  async verify(ticket: string): Promise<VerifiedTicket> {
    const header = readHeader(ticket);
    if (header === undefined) return invalid('it is not a signed ticket of this kind');
    const signer = await this.#findSigner(header.keyId);
    if (signer === undefined) return invalid('its signing key is not registered');
    const now = this.#clock.now();
    const usable = signer.revokedAt === null && signer.startAt <= now && now < signer.endAt;
    if (!usable || !signer.organizationActive) {
      return invalid('its signing key was revoked or has expired, or the organization is inactive');
    }
    const claims = await verifiedClaims(ticket, signer.publicJwk, header.algorithm);
    if (claims === undefined) return invalid('its signature or its claims are wrong');
    return this.#judge(claims, signer, now);
  }

  #judge(claims: TicketClaims, signer: TicketSigner, now: number): VerifiedTicket {
    if (claims.aud !== this.#issuer) return invalid('it is for another relay');
    if (claims.iss !== signer.applicationId || claims.realm !== signer.realm) {
      return invalid('it names another organization than its signing key');
    }
    const issuedAt = claims.iat * 1000; // RFC 7519 §2: NumericDate is in seconds
    const expiresAt = claims.exp * 1000;
    if (expiresAt <= now) return { kind: 'expired' };
    if (issuedAt > now + clockToleranceMs)
      return invalid("it is from the future: the proxy's clock is ahead");
    if (expiresAt - issuedAt > ticketLifetimeMs || expiresAt > now + ticketLifetimeMs + clockToleranceMs) {
      return invalid('it lives for more than 10 minutes');
    }
    return { kind: 'valid', signer, claims, id: `${signer.applicationId} ${claims.jti}`, expiresAt };
  }
}

function invalid(detail: string): VerifiedTicket {
  return { kind: 'invalid', detail };
}

function readHeader(ticket: string): { keyId: string; algorithm: 'RS256' | 'ES256' } | undefined {
  try {
    const { typ, alg, kid } = decodeProtectedHeader(ticket);
    if (typ !== ticketType || typeof kid !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(kid)) return undefined;
    return alg === 'RS256' || alg === 'ES256' ? { keyId: kid, algorithm: alg } : undefined;
  } catch {
    return undefined;
  }
}

async function verifiedClaims(
  ticket: string,
  publicJwk: JWK,
  algorithm: 'RS256' | 'ES256',
): Promise<TicketClaims | undefined> {
  try {
    const key = await importJWK(publicJwk, algorithm); // throws when the algorithm is not one of the key's
    const { payload } = await compactVerify(ticket, key, { algorithms: [algorithm] });
    return ticketClaimsSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
