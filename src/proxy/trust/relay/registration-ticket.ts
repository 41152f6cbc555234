// Registration tickets: what a signed-in person's device shows the relay, so that the relay lets it register for
// this organization. Signed by the organization's current key, used once, ten minutes (contract/registration.ts).

import { SignJWT } from 'jose';
import { type TicketClaims, ticketLifetimeMs, ticketType } from '../../../contract/registration.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { opaqueId, type Random } from '../../../runtime/random.ts';
import { signingHeader } from '../certificates/signing-header.ts';
import type { RelayClock } from './relay-clock.ts';
import type { RelayFailure } from './relay-failure.ts';
import type { RelayTrust } from './relay-trust.ts';

export type SignedTicket =
  | { kind: 'signed'; ticket: string; expiresAt: number; relayUrl: string }
  | { kind: 'failed'; failure: RelayFailure };

export class RegistrationTickets {
  readonly #trust: RelayTrust;
  readonly #relayClock: RelayClock;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(collaborators: { trust: RelayTrust; relayClock: RelayClock; clock: Clock; random: Random }) {
    this.#trust = collaborators.trust;
    this.#relayClock = collaborators.relayClock;
    this.#clock = collaborators.clock;
    this.#random = collaborators.random;
  }

  async sign({ appId, installationId }: { appId: string; installationId: string }): Promise<SignedTicket> {
    const state = this.#trust.state;
    if (state.kind === 'failed') return state;
    const { key, enrolment, pin } = state.connection;
    const issuedAt = Math.floor((this.#relayClock.now() ?? this.#clock.now()) / 1000);
    const claims: TicketClaims = {
      iss: enrolment.applicationId,
      aud: pin.issuer,
      realm: enrolment.realm,
      app: appId,
      installation: installationId,
      jti: opaqueId(this.#random),
      iat: issuedAt,
      exp: issuedAt + ticketLifetimeMs / 1000,
    };
    const ticket = await new SignJWT(claims)
      .setProtectedHeader({ typ: ticketType, ...signingHeader(key) })
      .sign(key.privateKey);
    return { kind: 'signed', ticket, expiresAt: claims.exp * 1000, relayUrl: pin.relayUrl };
  }
}
