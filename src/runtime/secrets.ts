// Secrets in memory (they never print) and at rest (sealed under a key file).
// Sealed form: "mbs1." + base64url(nonce ‖ tag ‖ ciphertext), AES-256-GCM, AAD = the purpose, so that a sealed
// mailbox password cannot be put in the place of a private key.

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { AppError } from './errors.ts';
import type { Random } from './random.ts';

/** Holds a secret so that string conversion, JSON and inspection print `[secret]`. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The secret itself; call it only where it is used. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

const version = 'mbs1';

/** Seals and opens small secrets under one 256-bit key. */
export class SecretBox {
  readonly #key: KeyObject;
  readonly #random: Random;

  constructor({ key, random }: { key: KeyObject; random: Random }) {
    this.#key = key;
    this.#random = random;
  }

  seal(purpose: string, plaintext: string): string {
    const nonce = this.#random.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(purpose));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return `${version}.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  }

  open(purpose: string, sealed: string): Secret {
    const [prefix, encoded] = sealed.split('.');
    const raw = Buffer.from(encoded ?? '', 'base64url');
    try {
      if (prefix !== version || raw.length < 28) throw new Error('not a sealed secret');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, raw.subarray(0, 12))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(raw.subarray(12, 28));
      return new Secret(decipher.update(raw.subarray(28), undefined, 'utf8') + decipher.final('utf8'));
    } catch (cause) {
      throw new AppError('sealed-secret-unreadable', `a stored secret (${purpose}) cannot be opened`, {
        hint: 'the key file differs from the one that sealed it: restore the original key file from your backup',
        cause,
      });
    }
  }
}

/** Reads the 32-byte key (64 hex digits) that seals secrets at rest; makes the file (mode 0600) when it is missing. */
export function openKeyFile(path: string, random: Random): SecretBox {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new AppError('key-file-unreadable', `the key file ${path} cannot be read`, {
        hint: 'it must be readable by the service user alone (mode 0600); run commands as that user',
        cause,
      });
    }
    text = random.bytes(32).toString('hex');
    writeNewKeyFile(path, text);
  }
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new AppError('key-file-unreadable', `the key file ${path} is not 64 hexadecimal digits`, {
      hint: 'restore it from your backup; without it the stored secrets cannot be opened',
    });
  }
  return new SecretBox({ key: createSecretKey(Buffer.from(text, 'hex')), random });
}

function writeNewKeyFile(path: string, text: string): void {
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new AppError('key-file-unreadable', `the key file ${path} cannot be made`, {
      hint: 'its folder must exist and be writable by the service user',
      cause,
    });
  }
}
