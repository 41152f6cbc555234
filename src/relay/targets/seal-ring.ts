// Seals text so that only this relay can read it, and only for the use it was sealed for:
// <version>.<keyId>.<nonce>.<ciphertext>, AES-256-GCM, every part in the one base64url spelling. The additional
// data binds version, key id and context, each with its length, so no two contexts can be confused. Plaintexts are
// padded to fixed sizes: the length tells nothing. The newest key of the ring seals, every key opens.

import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Random } from '../../runtime/random.ts';

export type RingKey = { id: string; key: KeyObject };
/** Newest first. Asked at each use, so that a rotation acts without a restart. */
export type RingKeys = () => readonly RingKey[];

export type Unsealed =
  | { kind: 'opened'; text: string; newestKey: boolean }
  | { kind: 'not-openable' }
  | { kind: 'key-unknown'; keyId: string };

const paddedSizes = [512, 1024, 2048];
const tagBytes = 16;
const nonceBytes = 12;
const longestSealed = 4096;

export class SealRing {
  readonly #keys: RingKeys;
  readonly #random: Random;

  constructor({ keys, random }: { keys: RingKeys; random: Random }) {
    this.#keys = keys;
    this.#random = random;
  }

  seal(version: string, context: readonly string[], text: string): string {
    const newest = this.#keys()[0];
    if (newest === undefined) throw new Error('the key ring is empty');
    const nonce = this.#random.bytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', newest.key, nonce);
    cipher.setAAD(lengthPrefixed([version, newest.id, ...context]));
    const parts = [cipher.update(pad(text)), cipher.final(), cipher.getAuthTag()];
    return [version, newest.id, nonce.toString('base64url'), Buffer.concat(parts).toString('base64url')].join(
      '.',
    );
  }

  /** Never throws, whatever `sealed` is. */
  open(version: string, context: readonly string[], sealed: string): Unsealed {
    const [givenVersion, keyId = '', nonceText = '', bodyText = '', ...more] =
      sealed.length > longestSealed ? [] : sealed.split('.');
    const nonce = decode(nonceText);
    const body = decode(bodyText);
    const wellFormed = givenVersion === version && /^[A-Za-z0-9_-]{1,16}$/.test(keyId) && more.length === 0;
    if (!wellFormed || nonce?.length !== nonceBytes || body === undefined || body.length <= tagBytes) {
      return { kind: 'not-openable' };
    }
    const keys = this.#keys();
    const index = keys.findIndex(key => key.id === keyId);
    const ringKey = keys[index];
    if (ringKey === undefined) return { kind: 'key-unknown', keyId };
    try {
      const decipher = createDecipheriv('aes-256-gcm', ringKey.key, nonce, { authTagLength: tagBytes })
        .setAAD(lengthPrefixed([version, keyId, ...context]))
        .setAuthTag(body.subarray(-tagBytes));
      const text = decipher.update(body.subarray(0, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      return { kind: 'opened', text: text.trimEnd(), newestKey: index === 0 };
    } catch {
      return { kind: 'not-openable' };
    }
  }
}

/** Each part after its length: ["ab", "c"] and ["a", "bc"] differ. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  const lengths = parts.map(part => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.alloc(lengths.reduce((total, length) => total + 4 + length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at = bytes.writeUInt32BE(lengths[index] ?? 0, at);
    at += bytes.write(part, at, 'utf8');
  }
  return bytes;
}

/** Undefined unless it is the one spelling of its bytes: unused bits of a last character would give one seal several. */
function decode(base64url: string): Buffer | undefined {
  const bytes = Buffer.from(base64url, 'base64url');
  return bytes.toString('base64url') === base64url ? bytes : undefined;
}

/** With spaces, which no JSON text ends with. */
function pad(text: string): Buffer {
  const length = Buffer.byteLength(text, 'utf8');
  const size = paddedSizes.find(padded => padded >= length);
  if (size === undefined) throw new Error(`${length} bytes are too many to seal`);
  const padded = Buffer.alloc(size, ' ');
  padded.write(text, 'utf8');
  return padded;
}
