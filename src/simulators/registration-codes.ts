// The registration codes that were pushed to a simulated device, in order, for whoever waits for one.

/** How many untaken ones are kept. */
const memory = 1000;

export class RegistrationCodes {
  readonly #untaken: string[] = [];
  #came = Promise.withResolvers<void>();

  add(code: string): void {
    this.#untaken.push(code);
    if (this.#untaken.length > memory) this.#untaken.shift();
    this.#came.resolve();
    this.#came = Promise.withResolvers();
  }

  /** Those that nobody took yet. */
  get untaken(): readonly string[] {
    return this.#untaken;
  }

  /** The next one that was not taken yet; waits for it. */
  async take({ signal }: { signal?: AbortSignal } = {}): Promise<string> {
    for (;;) {
      const code = this.#untaken.shift();
      if (code !== undefined) return code;
      signal?.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      const onAbort = (): void => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        await Promise.race([this.#came.promise, aborted.promise]);
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    }
  }
}
