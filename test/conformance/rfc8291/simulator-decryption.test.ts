// RFC 8291: the simulator's own receiver, against the vector of §5 and against `http_ece` as an independent sender.

import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import ece from 'http_ece';
import { systemRandom } from '../../../src/runtime/random.ts';
import { decrypt } from '../../../src/simulators/webpush/decrypt.ts';

test('§5: the example is opened', () => {
  const keyPair = createECDH('prime256v1');
  keyPair.setPrivateKey('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url');
  const auth = Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url');
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y' +
    'l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  const plaintext = decrypt(Buffer.from(body, 'base64url'), { keyPair, auth });
  assert.equal(plaintext?.toString(), 'When I grow up, I want to be a watermelon');
});

const keyPair = createECDH('prime256v1');
keyPair.generateKeys();
const auth = systemRandom.bytes(16);

function encrypted(plaintext: Buffer): Buffer {
  const privateKey = createECDH('prime256v1');
  privateKey.generateKeys();
  const dh = keyPair.getPublicKey();
  return ece.encrypt(plaintext, { version: 'aes128gcm', privateKey, dh, authSecret: auth, rs: 4096 });
}

test('§4: what an independent sender encrypts is opened', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000, size: 'max' }), bytes => {
      const plaintext = Buffer.from(bytes);
      assert.deepEqual(decrypt(encrypted(plaintext), { keyPair, auth }), plaintext);
    }),
  );
});

test('a body that was changed anywhere is not opened, and none throws', () => {
  const body = encrypted(Buffer.from('badge'));
  for (let index = 0; index < body.length; index += 1) {
    if (index >= 16 && index < 20) continue; // the record size is not authenticated
    const changed = Buffer.from(body);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.equal(decrypt(changed, { keyPair, auth }), undefined, `byte ${index}`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      assert.equal(decrypt(Buffer.from(bytes), { keyPair, auth }), undefined);
    }),
  );
});
