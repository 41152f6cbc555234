// RFC 8291: the steps that the guide for apps tells, in Swift and in Kotlin, against the vector of §5, an independent
// sender, and what the proxy really sends.

import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import { payloadEncryption } from '../../../src/proxy/publisher/payload-encryption.ts';
import { payloadSizes } from '../../../src/proxy/publisher/payload-sizes.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { EphemeralKeys } from '../../../src/runtime/webpush/ephemeral-keys.ts';
import { openAsDocumented } from '../../fixtures/documented-decryption.ts';

function newKeys() {
  const keyPair = createECDH('prime256v1');
  keyPair.generateKeys();
  const auth = randomBytes(16);
  const [p256dh, secret] = [keyPair.getPublicKey('base64url'), auth.toString('base64url')];
  return { privateKey: keyPair.getPrivateKey(), auth, publicKeys: { p256dh, auth: secret } };
}

for (const language of ['swift', 'kotlin'] as const) {
  test(`§5: the example is opened by the guide's ${language}`, () => {
    const keys = {
      privateKey: Buffer.from('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url'),
      auth: Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url'),
    };
    const body = Buffer.from(
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y' +
        'l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
      'base64url',
    );
    const opened = openAsDocumented(body, keys, language);
    assert.equal(opened.toString(), 'When I grow up, I want to be a watermelon');
  });

  test(`what an independent sender pads is opened by the guide's ${language}`, () => {
    const keys = newKeys();
    const privateKey = createECDH('prime256v1');
    privateKey.generateKeys();
    const dh = Buffer.from(keys.publicKeys.p256dh, 'base64url');
    const sent = { version: 'aes128gcm', privateKey, dh, authSecret: keys.auth, rs: 4096, pad: 300 } as const;
    const body = ece.encrypt(Buffer.from('Lunch?'), sent);
    assert.equal(openAsDocumented(body, keys, language).toString(), 'Lunch?');
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    assert.throws(() => openAsDocumented(body, keys, language));
  });

  test(`what the proxy encrypts is opened by the guide's ${language}, and by no other keys`, () => {
    using ephemeralKeys = new EphemeralKeys();
    const keys = newKeys();
    const payload = { v: 1, kind: 'preview', subscription: 'icon', rev: 4, preview: { subject: '午饭?' } };
    const encrypt = payloadEncryption({ random: systemRandom, ephemeralKeys });
    const body = encrypt(keys.publicKeys, payload, payloadSizes.preview);
    assert.ok(body !== undefined);
    const opened = openAsDocumented(Buffer.from(body), keys, language);
    assert.deepEqual(JSON.parse(opened.toString()), payload);
    assert.throws(() => openAsDocumented(Buffer.from(body), newKeys(), language));
  });
}
