// RFC 8291, Message Encryption for Web Push. The vector is §5 with the intermediate values of appendix A;
// `http_ece` by an author of the RFC is the independent receiver.

import assert from 'node:assert/strict';
import { createECDH, createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import ece from 'http_ece';
import { systemRandom } from '../../../src/runtime/random.ts';
import { parseDeviceKeys, pointOf } from '../../../src/runtime/webpush/device-keys.ts';
import { encryptForDevice, maxPlaintextBytes } from '../../../src/runtime/webpush/encrypt.ts';

const vector = {
  plaintext: 'When I grow up, I want to be a watermelon',
  senderPublic: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  receiverPublic: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y' +
    'l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

function newReceiver() {
  const keyPair = createECDH('prime256v1');
  keyPair.generateKeys();
  const auth = systemRandom.bytes(16);
  const device = parseDeviceKeys({
    p256dh: keyPair.getPublicKey('base64url'),
    auth: auth.toString('base64url'),
  });
  assert.ok(device);
  const open = (body: Buffer): Buffer =>
    ece.decrypt(body, { version: 'aes128gcm', privateKey: keyPair, authSecret: auth });
  return { device, open };
}

test('§5: the example comes out byte for byte', () => {
  const device = parseDeviceKeys({ p256dh: vector.receiverPublic, auth: vector.auth });
  assert.ok(device);
  const point = Buffer.from(vector.senderPublic, 'base64url');
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: vector.senderPrivate,
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  assert.deepEqual(pointOf(privateKey), point);
  const body = encryptForDevice(device, Buffer.from(vector.plaintext), {
    random: { ...systemRandom, bytes: () => Buffer.from(vector.salt, 'base64url') },
    ephemeral: { privateKey, point },
    paddedBytes: vector.plaintext.length,
  });
  assert.equal(body.toString('base64url'), vector.body);
});

test('§4: any message up to the limit is opened by an independent receiver, padding gone', () => {
  const { device, open } = newReceiver();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: maxPlaintextBytes, size: 'max' }), plaintext => {
      const body = encryptForDevice(device, plaintext, { random: systemRandom });
      assert.ok(body.length <= 4096);
      assert.deepEqual(open(body), Buffer.from(plaintext));
    }),
  );
});

test('§4: messages that end in zeros or in a delimiter byte stay as they were', () => {
  const { device, open } = newReceiver();
  for (const plaintext of [
    Buffer.alloc(0),
    Buffer.alloc(5),
    Buffer.of(2),
    Buffer.of(1, 2, 0, 0),
    Buffer.of(0, 2),
  ])
    assert.deepEqual(open(encryptForDevice(device, plaintext, { random: systemRandom })), plaintext);
});

test('§2: another device, or another authentication secret, opens nothing', () => {
  const { device } = newReceiver();
  const body = encryptForDevice(device, Buffer.from('for one'), { random: systemRandom });
  assert.throws(() => newReceiver().open(body));
});
