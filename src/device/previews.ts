// Previews for native apps: the key pair that an app makes for them, and opening what the proxy encrypted with it. What
// is opened is checked before it is believed: whoever learnt the public keys can encrypt for them.

import type { PreviewPayload } from '../contract/badge-payload.ts';
import { toBase64Url } from './base64url.ts';
import { curve, decryptMessage, type ReceiverKeys } from './message-decryption.ts';
import { isPreviewPayload, parsed } from './payloads.ts';

/** `publicKeys` are the `previewKeys` of the subscription. */
export type PreviewKeys = ReceiverKeys;

export async function newPreviewKeys(): Promise<PreviewKeys> {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(curve, true, [
    'deriveBits',
  ])) as CryptoKeyPair;
  const point = await crypto.subtle.exportKey('raw', publicKey);
  const { d = '' } = await crypto.subtle.exportKey('jwk', privateKey);
  const auth = crypto.getRandomValues(new Uint8Array(16));
  return {
    publicKeys: { p256dh: toBase64Url(new Uint8Array(point)), auth: toBase64Url(auth) },
    privateKey: d,
  };
}

/** Undefined for what was not encrypted for these keys, or is no preview. */
export async function decryptPreview(
  keys: PreviewKeys,
  preview: string,
): Promise<PreviewPayload | undefined> {
  const plaintext = await decryptMessage(keys, preview);
  const payload = plaintext === undefined ? undefined : parsed(plaintext);
  return isPreviewPayload(payload) ? payload : undefined;
}
