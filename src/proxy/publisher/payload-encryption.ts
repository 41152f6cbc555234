// Encrypts payloads for their devices (RFC 8291). Importing a device's key costs about as much as using it, so the keys
// of the devices that were published to last are kept, up to a bound.

import type { WebPushKeys } from '../../contract/push-targets.ts';
import type { Random } from '../../runtime/random.ts';
import { type DeviceKeys, parseDeviceKeys } from '../../runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../runtime/webpush/encrypt.ts';
import type { EphemeralKeys } from '../../runtime/webpush/ephemeral-keys.ts';

/** Undefined for keys that are no keys. Throws a RangeError for what does not fit. */
export type EncryptPayload = (
  keys: WebPushKeys,
  payload: object,
  paddedBytes: number,
) => Uint8Array | undefined;

export function payloadEncryption({
  random,
  ephemeralKeys,
  kept = 5000,
}: {
  random: Random;
  ephemeralKeys: Pick<EphemeralKeys, 'take'>;
  kept?: number;
}): EncryptPayload {
  /** By their text; the one used longest ago comes first. */
  const devices = new Map<string, DeviceKeys>();
  return (keys, payload, paddedBytes) => {
    const text = `${keys.p256dh} ${keys.auth}`;
    const device = devices.get(text) ?? parseDeviceKeys(keys);
    if (device === undefined) return undefined;
    devices.delete(text);
    devices.set(text, device);
    if (devices.size > kept) devices.delete(devices.keys().next().value ?? '');
    const plaintext = Buffer.from(JSON.stringify(payload));
    return encryptForDevice(device, plaintext, { random, ephemeral: ephemeralKeys.take(), paddedBytes });
  };
}
