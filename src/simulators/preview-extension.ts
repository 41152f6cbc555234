// What an app's extension does on a simulated phone: it alone holds the private key that previews are encrypted for.

import { createECDH } from 'node:crypto';
import { type PreviewPayload, previewPayloadSchema } from '../contract/badge-payload.ts';
import type { WebPushKeys } from '../contract/push-targets.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { decrypt, type ReceiverKeys } from './webpush/decrypt.ts';

export class PreviewExtension {
  readonly #receiver: ReceiverKeys;

  constructor({ random = systemRandom }: { random?: Random } = {}) {
    const keyPair = createECDH('prime256v1');
    keyPair.generateKeys();
    this.#receiver = { keyPair, auth: random.bytes(16) };
  }

  /** What the app gives the proxy when it subscribes. */
  get keys(): WebPushKeys {
    return {
      p256dh: this.#receiver.keyPair.getPublicKey('base64url'),
      auth: this.#receiver.auth.toString('base64url'),
    };
  }

  /** Undefined for what is no preview for this device. */
  open(preview: string): PreviewPayload | undefined {
    const plaintext = decrypt(Buffer.from(preview, 'base64url'), this.#receiver);
    if (plaintext === undefined) return undefined;
    try {
      return previewPayloadSchema.safeParse(JSON.parse(plaintext.toString())).data;
    } catch {
      return undefined;
    }
  }
}
