// A badge on its way is asked for again soon, then less often: a page need not wait for its next push to see that it has
// arrived. After half a minute whatever keeps it will last; pushes and refreshes tell from there on.

import type { IconStatus } from '../../src/contract/devices.ts';

const delaysMs = [1000, 2000, 4000, 8000, 15_000];

export type Later = (ms: number, act: () => void) => { cancel(): void };

export class FollowUp {
  readonly #ask: () => void;
  readonly #later: Later;
  #asked = 0;
  #next: { cancel(): void } | undefined;

  constructor({ ask, later }: { ask: () => void; later: Later }) {
    this.#ask = ask;
    this.#later = later;
  }

  took({ state }: IconStatus): void {
    this.#next?.cancel();
    if (state !== 'publishing' && state !== 'not-counted') {
      this.#asked = 0;
      return;
    }
    const delayMs = delaysMs[this.#asked];
    if (delayMs === undefined) return;
    this.#asked += 1;
    this.#next = this.#later(delayMs, this.#ask);
  }
}
