// Encrypts a Web Push message so that the device alone can read it: RFC 8291 (keys) over RFC 8188 (aes128gcm), one
// record. Messages are padded to one of few sizes, so that their length tells nothing: every badge and every
// challenge fills the smallest. Every message has its own ephemeral key and salt.
//
// HMAC is composed from `crypto.hash`, and keys are passed as KeyObjects: on Node 24 createHmac and createCipheriv
// with raw keys cost several times as much.

import {
  createCipheriv,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  type KeyObject,
} from 'node:crypto';
import type { Random } from '../random.ts';
import { type DeviceKeys, pointOf } from './device-keys.ts';

/** The sender's key pair of one message. */
export type EphemeralKey = { privateKey: KeyObject; point: Buffer };

/** Header (salt 16, record size 4, key id length 1, key id 65), delimiter 1, tag 16. */
const overheadBytes = 86 + 1 + 16;
/** What a push service must take is 4096 bytes of body (RFC 8030 §7.2). */
export const maxPlaintextBytes = 4096 - overheadBytes;
/** Plaintext and padding together fill the first of these that is large enough. */
const paddedSizes = [256, 1024, maxPlaintextBytes] as const;

export function newEphemeralKey(): EphemeralKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, point: pointOf(publicKey) };
}

/**
 * The body of a push request, to be sent as `Content-Encoding: aes128gcm`. Throws a RangeError above
 * `maxPlaintextBytes`. An ephemeral key must never be used for a second message.
 */
export function encryptForDevice(
  device: DeviceKeys,
  plaintext: Uint8Array,
  {
    random,
    ephemeral = newEphemeralKey(),
    paddedBytes = paddedSizes.find(size => plaintext.length <= size),
  }: { random: Random; ephemeral?: EphemeralKey; paddedBytes?: number | undefined },
): Buffer {
  if (paddedBytes === undefined || paddedBytes < plaintext.length || paddedBytes > maxPlaintextBytes)
    throw new RangeError(`a Web Push message holds at most ${maxPlaintextBytes} bytes`);
  const salt = random.bytes(16);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: device.publicKey });
  const { contentKey, nonce } = deriveKeys({ device, sender: ephemeral.point, shared, salt });

  const record = Buffer.alloc(paddedBytes + 1);
  record.set(plaintext);
  record[plaintext.length] = 0x02; // RFC 8188 §2: the last record's delimiter, zeros after it
  const cipher = createCipheriv('aes-128-gcm', createSecretKey(contentKey), nonce);
  const ciphertext = cipher.update(record);
  cipher.final();
  return Buffer.concat([header(salt, ephemeral.point), ciphertext, cipher.getAuthTag()]);
}

/** RFC 8188 §2.1; the key id is the sender's public key (RFC 8291 §4). */
function header(salt: Buffer, point: Buffer): Buffer {
  const sizes = Buffer.alloc(5);
  sizes.writeUInt32BE(4096, 0);
  sizes.writeUInt8(point.length, 4);
  return Buffer.concat([salt, sizes, point]);
}

const contentKeyInfo = Buffer.from('Content-Encoding: aes128gcm\0\x01', 'latin1');
const nonceInfo = Buffer.from('Content-Encoding: nonce\0\x01', 'latin1');
const keyInfo = Buffer.from('WebPush: info\0', 'latin1');
const one = Buffer.of(1);

/** RFC 8291 §3.4; every output is at most one hash long, so each HKDF expansion is one HMAC (RFC 5869 §2.3). */
function deriveKeys({
  device,
  sender,
  shared,
  salt,
}: {
  device: DeviceKeys;
  sender: Buffer;
  shared: Buffer;
  salt: Buffer;
}): { contentKey: Buffer; nonce: Buffer } {
  const keyPseudoRandom = hmac(device.auth, shared);
  const inputKey = hmac(keyPseudoRandom, Buffer.concat([keyInfo, device.point, sender, one]));
  const pseudoRandom = hmac(salt, inputKey);
  return {
    contentKey: hmac(pseudoRandom, contentKeyInfo).subarray(0, 16),
    nonce: hmac(pseudoRandom, nonceInfo).subarray(0, 12),
  };
}

/** HMAC-SHA-256 for keys of at most one block (RFC 2104 §2). */
function hmac(key: Buffer, data: Buffer): Buffer {
  const inner = Buffer.alloc(64 + data.length, 0x36);
  const outer = Buffer.alloc(64 + 32, 0x5c);
  for (let index = 0; index < key.length; index += 1) {
    inner[index] = (key[index] ?? 0) ^ 0x36;
    outer[index] = (key[index] ?? 0) ^ 0x5c;
  }
  inner.set(data, 64);
  outer.set(hash('sha256', inner, 'buffer'), 64);
  return hash('sha256', outer, 'buffer');
}
