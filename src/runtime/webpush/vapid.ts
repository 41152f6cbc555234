// VAPID (RFC 8292): says who sends, to the one push service that a token is made for. A token is signed once per
// origin and used until an hour before its end; a signature costs as much as the rest of a push.

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { pointOf } from './device-keys.ts';

const hourMs = 3_600_000;
/** RFC 8292 §2 allows 24 h; half of it leaves room for clocks that differ. */
const lifetimeMs = 12 * hourMs;
const renewBeforeMs = hourMs;
/** An allow-list of push services has few origins; one with a wildcard could have many. */
const maxOrigins = 256;

type Signed = { authorization: string; signedAt: number };

export type VapidSigner = {
  /** The applicationServerKey of `PushManager.subscribe`: 65 bytes, base64url. */
  publicKey: string;
  /** The value of the Authorization header for a push service's origin (RFC 8292 §3). */
  authorization(origin: string): string;
};

/** `key`: a P-256 private key. `subject`: a mailto: or https: URI of the relay's operator. */
export function createVapidSigner({
  key,
  subject,
  clock,
}: {
  key: KeyObject;
  subject: string;
  clock: Clock;
}): VapidSigner {
  const publicKey = pointOf(createPublicKey(key)).toString('base64url');
  const signed = new Map<string, Signed>();

  return {
    publicKey,
    authorization(origin) {
      const now = clock.now();
      const known = signed.get(origin);
      if (known !== undefined && isFresh(known, now)) return known.authorization;
      if (signed.size >= maxOrigins && known === undefined) {
        const [oldest] = signed.keys();
        if (oldest !== undefined) signed.delete(oldest);
      }
      const claims = { aud: origin, exp: Math.floor((now + lifetimeMs) / 1000), sub: subject };
      const authorization = `vapid t=${signToken(claims, key)}, k=${publicKey}`;
      signed.delete(origin);
      signed.set(origin, { authorization, signedAt: now });
      return authorization;
    },
  };
}

/** A clock that was set back makes a token not fresh: it might claim too late an end. */
function isFresh({ signedAt }: Signed, now: number): boolean {
  return now >= signedAt && now < signedAt + lifetimeMs - renewBeforeMs;
}

function signToken(claims: object, key: KeyObject): string {
  const input = `${encode({ typ: 'JWT', alg: 'ES256' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }); // RFC 7518 §3.4
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
