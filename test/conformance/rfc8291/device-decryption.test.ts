// RFC 8291: what opens messages in an app, against the vector of §5 (appendix A has its keys) and against `http_ece` as
// an independent sender.

import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import ece from 'http_ece';
import { decryptMessage, type ReceiverKeys } from '../../../src/device/message-decryption.ts';
import { newPreviewKeys } from '../../../src/device/previews.ts';

test('§5: the example is opened', async () => {
  const keys: ReceiverKeys = {
    publicKeys: {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    },
    privateKey: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  };
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y' +
    'l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  assert.equal(await decryptMessage(keys, body), 'When I grow up, I want to be a watermelon');
});

test('§4: what an independent sender encrypts is opened, whatever its padding', async () => {
  const keys = await newPreviewKeys();
  const encrypted = (text: string, pad: number): string => {
    const privateKey = createECDH('prime256v1');
    privateKey.generateKeys();
    return ece
      .encrypt(Buffer.from(text), {
        version: 'aes128gcm',
        privateKey,
        dh: Buffer.from(keys.publicKeys.p256dh, 'base64url'),
        authSecret: Buffer.from(keys.publicKeys.auth, 'base64url'),
        rs: 4096,
        pad,
      })
      .toString('base64url');
  };
  const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(texts, fc.nat({ max: 500 }), async (text, pad) => {
      const wellFormed = text.toWellFormed();
      assert.equal(await decryptMessage(keys, encrypted(wellFormed, pad)), wellFormed);
    }),
    { numRuns: 50 },
  );
});
