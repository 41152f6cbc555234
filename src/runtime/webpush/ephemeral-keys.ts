// Ephemeral keys made ahead, so that encrypting a message need not wait for its own: making one costs nearly as much as
// using it. They are made on the thread pool, one after another, and only when no key was taken for a moment, so that a
// burst has the processor for itself. A key is handed out once and kept nowhere; what is left is let go with the pool.

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock, Timer } from '../clock.ts';
import { pointOf } from './device-keys.ts';
import { type EphemeralKey, newEphemeralKey } from './encrypt.ts';

const makeKeyPair = promisify(generateKeyPair);
const quietMs = 20;

export class EphemeralKeys implements Disposable {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #ready: EphemeralKey[] = [];
  /** Undefined while the pool is full. */
  #refilling: Timer | undefined;
  #taken = 0;
  #disposed = false;

  /** `size`: so many messages can be encrypted in a burst. It is filled for the first time after the first of them. */
  constructor({ clock, size = 1000 }: { clock: Clock; size?: number }) {
    this.#clock = clock;
    this.#size = size;
  }

  /** How many are made. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Never the same twice; made at once where none is left. */
  take(): EphemeralKey {
    this.#taken += 1;
    if (this.#refilling === undefined && !this.#disposed) this.#refillWhenQuiet();
    return this.#ready.pop() ?? newEphemeralKey();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#refilling?.cancel();
    this.#ready.length = 0;
  }

  #refillWhenQuiet(): void {
    const taken = this.#taken;
    const refill = (): void => (taken === this.#taken ? void this.#refill(taken) : this.#refillWhenQuiet());
    this.#refilling = this.#clock.after(quietMs, refill, { background: true });
  }

  async #refill(taken: number): Promise<void> {
    while (this.#ready.length < this.#size) {
      const { privateKey, publicKey } = await makeKeyPair('ec', { namedCurve: 'P-256' });
      if (this.#disposed) return;
      this.#ready.push({ privateKey, point: pointOf(publicKey) });
      if (taken !== this.#taken) {
        this.#refillWhenQuiet();
        return;
      }
    }
    this.#refilling = undefined;
  }
}
