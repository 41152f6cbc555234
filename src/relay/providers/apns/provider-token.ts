// The provider token (Apple's word: the sender is the "provider"): a JWT, ES256, that proves team and key.
// APNs takes it for an hour and allows one renewal in 20 minutes, counted over all senders with this key. So the issue
// time is a multiple of 30 minutes: relay nodes, and a relay that was restarted, make tokens of the same age without
// asking each other. One instance is shared by all connections of its team and key.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';

const minuteMs = 60_000;
const windowMs = 30 * minuteMs;
const minRenewalMs = 20 * minuteMs;
/** APNs refuses a token that is an hour old. */
const maxAgeMs = 50 * minuteMs;
/** How far the clock may be set back before the token looks as if it came from the future. */
const maxAheadMs = minuteMs;

export class ProviderToken {
  readonly #keyId: string;
  readonly #teamId: string;
  readonly #key: KeyObject;
  readonly #clock: Clock;
  #token = '';
  #issuedAt = Number.NEGATIVE_INFINITY;

  constructor(options: { keyId: string; teamId: string; key: KeyObject; clock: Clock }) {
    this.#keyId = options.keyId;
    this.#teamId = options.teamId;
    this.#key = options.key;
    this.#clock = options.clock;
  }

  /** The token to send now. */
  current(): string {
    const now = this.#clock.now();
    const windowStart = Math.floor(now / windowMs) * windowMs;
    if (windowStart - this.#issuedAt >= minRenewalMs) this.#issue(windowStart);
    else if (now - this.#issuedAt >= maxAgeMs || this.#issuedAt - now > maxAheadMs) this.#issue(now);
    return this.#token;
  }

  /** APNs called `token` expired. Tells whether there is a newer one to try; the limit on renewals holds. */
  replaceExpired(token: string): boolean {
    if (token !== this.current()) return true;
    const now = this.#clock.now();
    if (now - this.#issuedAt < minRenewalMs) return false;
    this.#issue(now);
    return true;
  }

  #issue(at: number): void {
    const header = encode({ alg: 'ES256', kid: this.#keyId });
    const claims = encode({ iss: this.#teamId, iat: Math.floor(at / 1000) });
    const input = `${header}.${claims}`;
    // RFC 7518 §3.4: r ‖ s, not DER
    const signature = sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    this.#token = `${input}.${signature.toString('base64url')}`;
    this.#issuedAt = at;
  }
}

/** Reads a .p8 key as Apple issues it. */
export function parseSigningKey(pem: string, { source }: { source: string }): KeyObject {
  let key: KeyObject | undefined;
  let cause: unknown;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    cause = error;
  }
  if (key?.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new AppError('config-invalid', `${source} is not an APNs signing key`, {
    hint: 'expected the .p8 file that Apple issued: a P-256 private key in PEM form',
    cause,
  });
}

function encode(part: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
