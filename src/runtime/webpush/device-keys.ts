// A device's public keys (RFC 8291 §2), parsed once: importing the point costs as much as using it, so whoever
// encrypts often for one device keeps the result.

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { WebPushKeys } from '../../contract/push-targets.ts';

export type DeviceKeys = {
  publicKey: KeyObject;
  /** The uncompressed point, 65 bytes: part of the key derivation. */
  point: Buffer;
  auth: Buffer;
};

/** Undefined when the key is no point of P-256 or the authentication secret has not 16 bytes. */
export function parseDeviceKeys(keys: WebPushKeys): DeviceKeys | undefined {
  const point = Buffer.from(keys.p256dh, 'base64url');
  const auth = Buffer.from(keys.auth, 'base64url');
  const publicKey = publicKeyOf(point);
  if (publicKey === undefined || auth.length !== 16) return undefined;
  return { publicKey, point, auth };
}

/** The key of an uncompressed P-256 point (SEC 1 §2.3.3), or undefined when it is none: OpenSSL checks the curve. */
function publicKeyOf(point: Uint8Array): KeyObject | undefined {
  if (point.length !== 65 || point[0] !== 0x04) return undefined;
  const coordinate = (from: number): string =>
    Buffer.from(point.subarray(from, from + 32)).toString('base64url');
  try {
    return createPublicKey({
      key: { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) },
      format: 'jwk',
    });
  } catch {
    return undefined;
  }
}

/** The uncompressed point of a P-256 key, public or private. */
export function pointOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(0x04), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}
