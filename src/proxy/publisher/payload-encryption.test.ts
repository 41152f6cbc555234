import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import { seededRandom } from '../../runtime/random.ts';
import { newEphemeralKey } from '../../runtime/webpush/encrypt.ts';
import { payloadEncryption } from './payload-encryption.ts';

const random = seededRandom(1);
const ephemeralKeys = { take: newEphemeralKey };
const badgePayload = (rev: number) =>
  ({ v: 1, kind: 'badge', subscription: 's', badge: 7, rev, presentation: 'badge' }) as const;

function newDevice() {
  const keyPair = createECDH('prime256v1');
  keyPair.generateKeys();
  const authSecret = random.bytes(16);
  return {
    keys: { p256dh: keyPair.getPublicKey('base64url'), auth: authSecret.toString('base64url') },
    read: (body: Uint8Array = Buffer.alloc(0)): unknown =>
      JSON.parse(
        ece.decrypt(Buffer.from(body), { version: 'aes128gcm', privateKey: keyPair, authSecret }).toString(),
      ),
  };
}

test('each device gets what it can read, also when more are served than are kept', () => {
  const encrypt = payloadEncryption({ random, ephemeralKeys, kept: 2 });
  const devices = [newDevice(), newDevice(), newDevice()];
  for (const rev of [1, 2, 3]) {
    for (const { keys, read } of devices) {
      assert.deepEqual(read(encrypt(keys, badgePayload(rev), 256)), badgePayload(rev));
    }
  }
});

test('a device that has a new secret is not served with its old one', () => {
  const encrypt = payloadEncryption({ random, ephemeralKeys });
  const { keys, read } = newDevice();
  const body = encrypt({ ...keys, auth: random.bytes(16).toString('base64url') }, badgePayload(1), 256);
  assert.throws(() => read(body));
  assert.deepEqual(read(encrypt(keys, badgePayload(2), 256)), badgePayload(2));
});

test('keys that are none are refused', () => {
  const encrypt = payloadEncryption({ random, ephemeralKeys });
  assert.equal(encrypt({ ...newDevice().keys, auth: 'short' }, badgePayload(1), 256), undefined);
});

test('what does not fit is an error, not a longer message', () => {
  const encrypt = payloadEncryption({ random, ephemeralKeys });
  assert.throws(() => encrypt(newDevice().keys, { text: 'x'.repeat(256) }, 256), RangeError);
});
