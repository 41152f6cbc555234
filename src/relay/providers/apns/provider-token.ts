// The provider token (Apple's word: the sender is the "provider"): a JWT, ES256, that proves team and key.
// APNs takes it for an hour and allows one renewal in 20 minutes, counted over all senders with this key. So the issue
// time is a multiple of 30 minutes: relay nodes, and a relay that was restarted, make tokens of the same age without
// asking each other. One instance is shared by all connections of its team and key. Which token to try after APNs refused
// one is said here too; none is ever dated less than 20 minutes after the one before.

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
  /** The date of the newest that APNs found too new. */
  #tooSoonAt = Number.NEGATIVE_INFINITY;

  constructor(options: { keyId: string; teamId: string; key: KeyObject; clock: Clock }) {
    this.#keyId = options.keyId;
    this.#teamId = options.teamId;
    this.#key = options.key;
    this.#clock = options.clock;
  }

  /** The token to send now. */
  current(): string {
    const now = this.#clock.now();
    const windowStart = windowStartAt(now);
    const tooOld = now - this.#issuedAt >= maxAgeMs || this.#issuedAt - now > maxAheadMs;
    if (windowStart - this.#issuedAt >= minRenewalMs && windowStart > this.#tooSoonAt)
      this.#issue(windowStart);
    else if (tooOld) this.#issue(now);
    return this.#token;
  }

  /** After APNs called `token` expired: a newer one; while the limit forbids that, the same, since APNs may have erred. */
  replaceExpired(token: string): string {
    const current = this.current();
    const now = this.#clock.now();
    if (token !== current || now - this.#issuedAt < minRenewalMs) return current;
    this.#issue(now);
    return this.#token;
  }

  /**
   * After APNs found `token` too new (another sender with this key had its own): one of the window before, which stays
   * good until the next may be issued. Undefined where it would be too old.
   */
  stepBackFrom(token: string): string | undefined {
    const current = this.current();
    if (token !== current) return current;
    const windowBefore = windowStartAt(this.#issuedAt - 1);
    if (this.#clock.now() - windowBefore >= maxAgeMs) return undefined;
    this.#tooSoonAt = Math.max(this.#tooSoonAt, this.#issuedAt);
    this.#issue(windowBefore);
    return this.#token;
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

function windowStartAt(at: number): number {
  return Math.floor(at / windowMs) * windowMs;
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
