// The device code grant (RFC 8628 §3.4) at the token endpoint, in our own words to the authorization server library:
// its own device flow would want accounts, sessions and pages of it. The access token that this grant yields is a
// one-time enrolment code for the approved certificate; it opens nothing else.

import type { IncomingMessage } from 'node:http';
import type { Kysely } from 'kysely';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { deviceCodeGrant } from '../../../contract/device-flow.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import { AddressThrottle } from '../../../runtime/http/address-throttle.ts';
import type { Random } from '../../../runtime/random.ts';
import type { RelaySchema } from '../../database/schema.ts';
import type { RelayEvents } from '../../events.ts';
import { errors } from '../oidc-provider.ts';
import { intervalMs, lifetimeMs, pollDeviceAuthorization } from './device-authorizations.ts';

/** What finds nothing was a guess; a waiting proxy never makes one. */
const guesses = { burst: 10, intervalMs: 6000 };
const guessesOverall = { burst: 600, intervalMs: 100 };

export type DeviceGrantParts = {
  db: Kysely<RelaySchema>;
  clock: Clock;
  random: Random;
  events: RelayEvents;
  addressOf: (request: IncomingMessage) => string;
};

/** The same one serves every provider that takes the place of another, so that a rotation forgives no guesses. */
export function createDeviceGrant({ db, clock, random, events, addressOf }: DeviceGrantParts) {
  const throttle = new AddressThrottle({ clock, rate: guesses, overall: guessesOverall });

  async function handle(context: KoaContextWithOIDC): Promise<void> {
    const deviceCode = context.oidc.params?.['device_code'];
    if (typeof deviceCode !== 'string' || deviceCode.length > 256) {
      throw new errors.InvalidRequest('device_code is missing or malformed');
    }
    const now = clock.now();
    const address = addressOf(context.req);
    takeTry(address);
    const poll = await pollDeviceAuthorization(db, deviceCode, { now, random });
    if (poll.kind !== 'unknown') throttle.giveBack(address);
    switch (poll.kind) {
      case 'pending':
        throw new errors.AuthorizationPending('no administrator has decided yet');
      case 'too-fast':
        throw new errors.SlowDown(
          `wait ${intervalMs / 1000} s longer between two polls, from now on`, // RFC 8628 §3.5
        );
      case 'denied':
        throw new errors.AccessDenied('an administrator denied the request');
      case 'expired':
        throw new errors.ExpiredToken(`nobody decided within ${lifetimeMs / 60_000} minutes; begin again`);
      case 'unknown':
        throw new errors.InvalidGrant('the device code is not known, or was used before');
      case 'approved': {
        const { organizationId, keyId: credentialId, enrolment } = poll;
        events.record({ kind: 'device-authorization', step: 'redeemed', organizationId, credentialId });
        context.body = {
          access_token: enrolment.code.reveal(),
          token_type: 'Bearer',
          expires_in: Math.floor((enrolment.expiresAt - now) / 1000),
        };
      }
    }
  }

  function takeTry(address: string): void {
    try {
      throttle.take(address);
    } catch (error) {
      if (error instanceof AppError) throw new errors.SlowDown(error.message);
      throw error;
    }
  }

  return {
    register: (provider: Provider): void =>
      provider.registerGrantType(deviceCodeGrant, handle, ['device_code']),
  };
}
