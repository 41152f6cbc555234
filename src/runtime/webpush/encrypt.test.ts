import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../random.ts';
import { parseDeviceKeys, pointOf } from './device-keys.ts';
import { encryptForDevice, maxPlaintextBytes, newEphemeralKey } from './encrypt.ts';

const random = seededRandom(1);

function newDevice() {
  const device = parseDeviceKeys({
    p256dh: newEphemeralKey().point.toString('base64url'),
    auth: random.bytes(16).toString('base64url'),
  });
  assert.ok(device);
  return device;
}

test('badges of any size and challenges have one length', () => {
  const device = newDevice();
  const payloads = [
    { v: 1, kind: 'badge', subscription: 'a'.repeat(22), badge: 0, rev: 0, presentation: 'badge' },
    {
      v: 1,
      kind: 'badge',
      subscription: 'a'.repeat(22),
      badge: 2_147_483_647,
      rev: Number.MAX_SAFE_INTEGER,
      presentation: 'notification',
    },
    { v: 1, kind: 'challenge', code: 'x'.repeat(43) },
  ];
  const lengths = payloads.map(
    payload => encryptForDevice(device, Buffer.from(JSON.stringify(payload)), { random }).length,
  );
  assert.deepEqual(lengths, [359, 359, 359]);
});

test('longer messages fill the next size, the longest exactly what a push service must take', () => {
  const device = newDevice();
  const lengthOf = (bytes: number) => encryptForDevice(device, Buffer.alloc(bytes), { random }).length;
  assert.deepEqual([256, 257, 1024, 1025, maxPlaintextBytes].map(lengthOf), [359, 1127, 1127, 4096, 4096]);
  assert.throws(() => lengthOf(maxPlaintextBytes + 1), RangeError);
});

test('no two messages share key, salt or ciphertext', () => {
  const device = newDevice();
  const first = encryptForDevice(device, Buffer.from('same'), { random });
  const second = encryptForDevice(device, Buffer.from('same'), { random });
  assert.notDeepEqual(first.subarray(0, 16), second.subarray(0, 16));
  assert.notDeepEqual(first.subarray(21, 86), second.subarray(21, 86));
  assert.notDeepEqual(first.subarray(86), second.subarray(86));
});

test('keys that are no keys are refused', () => {
  const { point } = newEphemeralKey();
  const auth = random.bytes(16).toString('base64url');
  const offCurve = Buffer.from(point);
  offCurve[64] = (offCurve[64] ?? 0) ^ 1;
  const compressed = Buffer.concat([Buffer.of(0x02), point.subarray(1)]);
  const infinity = Buffer.alloc(65);
  const zero = Buffer.concat([Buffer.of(0x04), Buffer.alloc(64)]);
  const aboveField = Buffer.concat([Buffer.of(0x04), Buffer.alloc(64, 0xff)]);
  for (const bad of [
    offCurve,
    compressed,
    infinity,
    zero,
    aboveField,
    point.subarray(0, 64),
    Buffer.alloc(0),
  ])
    assert.equal(parseDeviceKeys({ p256dh: bad.toString('base64url'), auth }), undefined);
  assert.equal(parseDeviceKeys({ p256dh: point.toString('base64url'), auth: auth.slice(4) }), undefined);
  assert.ok(parseDeviceKeys({ p256dh: point.toString('base64url'), auth }));
});

test('the point of a private key is the point of its public key', () => {
  const { privateKey, point } = newEphemeralKey();
  assert.deepEqual(pointOf(privateKey), point);
});
