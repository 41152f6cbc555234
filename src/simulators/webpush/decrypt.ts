// Opens a Web Push message as a browser does (RFC 8291 §3.4, RFC 8188 §2). Written apart from the product's encryption
// and with other primitives (createECDH, hkdf), so that a mistake in one does not hide behind the same mistake here.

import { createDecipheriv, type ECDH, hkdfSync } from 'node:crypto';

export type ReceiverKeys = { keyPair: ECDH; auth: Buffer };

/** Undefined where a browser would report a decryption error: to its push service only, never to the sender. */
export function decrypt(body: Buffer, { keyPair, auth }: ReceiverKeys): Buffer | undefined {
  const keyIdLength = body[20];
  if (body.length < 86 || keyIdLength !== 65) return undefined;
  const salt = body.subarray(0, 16);
  const recordSize = body.readUInt32BE(16);
  const senderKey = body.subarray(21, 86);
  const record = body.subarray(86);
  if (recordSize < 18 || record.length > recordSize || record.length < 17) return undefined; // one record, RFC 8291 §4
  try {
    const shared = keyPair.computeSecret(senderKey);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), keyPair.getPublicKey(), senderKey]);
    const inputKey = derive(shared, auth, info, 32);
    const contentKey = derive(inputKey, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = derive(inputKey, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
    const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce, { authTagLength: 16 });
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    return withoutPadding(padded);
  } catch {
    return undefined;
  }
}

/** RFC 8188 §2: the last record ends with 2 and any number of zeros. */
function withoutPadding(padded: Buffer): Buffer | undefined {
  const delimiter = padded.findLastIndex(byte => byte !== 0);
  return padded[delimiter] === 2 ? padded.subarray(0, delimiter) : undefined;
}

function derive(key: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length));
}
