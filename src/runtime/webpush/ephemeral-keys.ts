// Ephemeral keys made ahead: making one costs nearly as much as using it, and a burst of messages need not wait for
// that. They are made on the thread pool, one after another, so that the event loop goes on. A key is handed out once and
// kept nowhere; what is left is let go with the pool.

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { pointOf } from './device-keys.ts';
import { type EphemeralKey, newEphemeralKey } from './encrypt.ts';

const makeKeyPair = promisify(generateKeyPair);

export class EphemeralKeys implements Disposable {
  readonly #size: number;
  readonly #ready: EphemeralKey[] = [];
  #making = false;
  #disposed = false;

  /** `size`: so many messages can be encrypted in a burst. It is filled for the first time after the first of them. */
  constructor({ size = 1000 }: { size?: number } = {}) {
    this.#size = size;
  }

  /** How many are made. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Never the same twice; made at once where none is left. */
  take(): EphemeralKey {
    const key = this.#ready.pop() ?? newEphemeralKey();
    // Where no key can be made ahead, none can be made at once either, and whoever takes one learns why.
    if (!this.#making && !this.#disposed) this.#makeAhead().catch(() => undefined);
    return key;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#ready.length = 0;
  }

  async #makeAhead(): Promise<void> {
    this.#making = true;
    try {
      while (this.#ready.length < this.#size) {
        const { privateKey, publicKey } = await makeKeyPair('ec', { namedCurve: 'P-256' });
        if (this.#disposed) return;
        this.#ready.push({ privateKey, point: pointOf(publicKey) });
      }
    } finally {
      this.#making = false;
    }
  }
}
