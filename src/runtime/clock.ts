// Time as a collaborator: services take a Clock, so that tests advance hours without sleeping.
// Deadlines keep the process alive; background timers (`background: true`) do not.

export type Timer = { cancel(): void };

export type Clock = {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Milliseconds that only ever grow; for measuring durations. */
  monotonic(): number;
  /** Calls back once after `delayMs`. A background timer does not keep the process alive. */
  after(delayMs: number, callback: () => void, options?: { background?: boolean }): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, options?: { signal?: AbortSignal; background?: boolean }): Promise<void>;
};

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, callback: () => void, options: { background?: boolean } = {}): Timer {
    const timeout = setTimeout(callback, delayMs);
    if (options.background === true) timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  }

  sleep(delayMs: number, options: { signal?: AbortSignal; background?: boolean } = {}): Promise<void> {
    return sleepWith(this, delayMs, options);
  }
}

/** The one implementation of `sleep`, over any clock's `after`. */
export function sleepWith(
  clock: Pick<Clock, 'after'>,
  delayMs: number,
  { signal, background }: { signal?: AbortSignal; background?: boolean } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(
      delayMs,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      background === undefined ? {} : { background },
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
