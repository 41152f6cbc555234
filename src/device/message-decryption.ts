// Opens a message that was encrypted for a device: RFC 8291 over RFC 8188, one record, by WebCrypto alone, so that it
// runs in browsers, workers and native web views. What cannot be opened is undefined: whoever learnt the public keys
// can send anything.

import type { WebPushKeys } from '../contract/push-targets.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';

/** Plain JSON, to be kept where the platform keeps secrets (Keychain, Keystore). */
export type ReceiverKeys = {
  publicKeys: WebPushKeys;
  /** The private scalar, 32 bytes, base64url. */
  privateKey: string;
};

export const curve = { name: 'ECDH', namedCurve: 'P-256' };

/** Header: salt 16, record size 4, key id length 1, key id 65 (RFC 8188 §2.1, RFC 8291 §4). */
const headerBytes = 86;
const tagBytes = 16;
/** What a provider carries at most. */
const longestBytes = 4096;

/** The text of any message that was encrypted for these keys. */
export async function decryptMessage(
  { publicKeys, privateKey }: ReceiverKeys,
  message: string,
): Promise<string | undefined> {
  if (message.length > (longestBytes * 4) / 3 + 4) return undefined;
  const body = fromBase64Url(message);
  const receiver = fromBase64Url(publicKeys.p256dh);
  const auth = fromBase64Url(publicKeys.auth);
  if (body === undefined || receiver?.length !== 65 || auth === undefined) return undefined;
  if (body.length < headerBytes + 1 + tagBytes || body.length > longestBytes || body[20] !== 65)
    return undefined;
  const recordSize = new DataView(body.buffer).getUint32(16);
  if (body.length - headerBytes > recordSize) return undefined; // RFC 8291 §4: one record
  const salt = body.slice(0, 16);
  const sender = body.slice(21, headerBytes);
  try {
    const shared = await agree({ receiver, privateKey, sender });
    const info = joined(utf8('WebPush: info\0'), receiver, sender);
    const inputKey = await derived(shared, { salt: auth, info, bytes: 32 }); // RFC 8291 §3.4
    const contentKey = await derived(inputKey, {
      salt,
      info: utf8('Content-Encoding: aes128gcm\0'),
      bytes: 16,
    });
    const nonce = await derived(inputKey, { salt, info: utf8('Content-Encoding: nonce\0'), bytes: 12 });
    const key = await crypto.subtle.importKey('raw', contentKey, 'AES-GCM', false, ['decrypt']);
    const record = body.slice(headerBytes);
    const padded = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, record);
    return withoutPadding(new Uint8Array(padded));
  } catch {
    return undefined; // not for these keys, changed on the way, or no point of the curve
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

async function agree({
  receiver,
  privateKey,
  sender,
}: {
  receiver: Bytes;
  privateKey: string;
  sender: Bytes;
}): Promise<Bytes> {
  const own = await crypto.subtle.importKey(
    'jwk',
    {
      kty: 'EC',
      crv: 'P-256',
      x: toBase64Url(receiver.slice(1, 33)),
      y: toBase64Url(receiver.slice(33)),
      d: privateKey,
    },
    curve,
    false,
    ['deriveBits'],
  );
  const theirs = await crypto.subtle.importKey('raw', sender, curve, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own, 256));
}

/** HKDF with SHA-256 (RFC 5869). */
async function derived(
  secret: Bytes,
  { salt, info, bytes }: { salt: Bytes; info: Bytes; bytes: number },
): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, bytes * 8);
  return new Uint8Array(bits);
}

/** RFC 8188 §2: the last record ends with 2 and any number of zeros. */
function withoutPadding(padded: Bytes): string | undefined {
  const delimiter = padded.findLastIndex(byte => byte !== 0);
  if (padded[delimiter] !== 2) return undefined;
  return new TextDecoder('utf-8', { fatal: true }).decode(padded.subarray(0, delimiter));
}

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function joined(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
