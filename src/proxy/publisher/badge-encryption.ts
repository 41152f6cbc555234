// Encrypts badges for their devices (RFC 8291). Importing a device's key costs about as much as using it, so the keys
// of the devices that were published to last are kept, up to a bound.

import type { Random } from '../../runtime/random.ts';
import { type DeviceKeys, parseDeviceKeys } from '../../runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../runtime/webpush/encrypt.ts';
import type { EncryptBadge } from './notification.ts';

export function badgeEncryption({ random, kept = 5000 }: { random: Random; kept?: number }): EncryptBadge {
  /** By their text; the one used longest ago comes first. */
  const devices = new Map<string, DeviceKeys>();
  return (keys, payload) => {
    const text = `${keys.p256dh} ${keys.auth}`;
    const device = devices.get(text) ?? parseDeviceKeys(keys);
    if (device === undefined) throw new RangeError('the keys of a device are no Web Push keys');
    devices.delete(text);
    devices.set(text, device);
    if (devices.size > kept) devices.delete(devices.keys().next().value ?? '');
    return encryptForDevice(device, Buffer.from(JSON.stringify(payload)), { random });
  };
}
