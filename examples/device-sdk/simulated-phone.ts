// In place of the platform: an iPhone in the simulated APNs (`mailbadge simulate apns`), asked over its control port. In
// an app these are messages between its native part and its web view.

import { setTimeout as pause } from 'node:timers/promises';
import type { PushTarget } from 'mailbadge/device';
import type { Phone } from './mail-badge.ts';

type Push = { apnsId: string; payload: { aps: { badge?: number }; mailbadge?: { preview?: string } } };
type State = { token: string; codes: string[]; badge: number; shown: Push[] };

export class SimulatedPhone implements Phone {
  readonly #url: string;
  readonly #appId: string;
  #token: string | undefined;
  #codesTaken = 0;

  constructor({ url, appId }: { url: string; appId: string }) {
    this.#url = url;
    this.#appId = appId;
  }

  async pushTarget(): Promise<PushTarget> {
    this.#token ??= (await this.#ask('/devices', { topic: this.#appId })).token;
    return { provider: 'apns', environment: 'production', token: this.#token };
  }

  async nextCode(signal: AbortSignal): Promise<string> {
    for (;;) {
      const code = (await this.#state()).codes[this.#codesTaken];
      if (code !== undefined) {
        this.#codesTaken += 1;
        return code;
      }
      await pause(100, undefined, { signal });
    }
  }

  async badge(): Promise<number> {
    return (await this.#state()).badge;
  }

  /** What arrives, as it arrives. */
  async *pushes(signal: AbortSignal): AsyncGenerator<Push['payload']> {
    for (let last = ''; !signal.aborted; await pause(100)) {
      const newest = (await this.#state()).shown.at(-1);
      if (newest === undefined || newest.apnsId === last) continue;
      last = newest.apnsId;
      yield newest.payload;
    }
  }

  #state(): Promise<State> {
    return this.#ask(`/devices/${this.#token}`);
  }

  async #ask(path: string, body?: unknown): Promise<State> {
    const answer = await fetch(this.#url + path, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!answer.ok) throw new Error(`the simulated phone answers ${answer.status}`);
    return (await answer.json()) as State;
  }
}
