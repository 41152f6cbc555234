// Runs a service until it is told to stop: the first SIGINT or SIGTERM stops it gently, a second one (or a stop
// that takes longer than `forceAfterMs`) at once. What SIGKILL leaves behind is the database's business.

import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';
import type { Logger } from './logger.ts';

export type Service = AsyncDisposable & {
  start(): Promise<void>;
  /** Rejects when the running service cannot go on. */
  readonly failed?: Promise<never>;
};

export async function runUntilSignal(
  service: Service,
  {
    clock,
    logger,
    forceAfterMs = 10_000,
    ready,
  }: { clock: Clock; logger: Logger; forceAfterMs?: number; ready?: () => void },
): Promise<void> {
  const stop = Promise.withResolvers<NodeJS.Signals>();
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1); // the second signal means it
    stopping = true;
    stop.resolve(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    await service.start();
    ready?.();
    const signal = await Promise.race([
      stop.promise,
      ...(service.failed === undefined ? [] : [service.failed]),
    ]);
    logger.info({ signal }, 'stopping');
    clock.after(
      forceAfterMs,
      () => {
        logger.error({ forceAfterMs }, 'stopping took too long');
        process.exit(1);
      },
      { background: true },
    );
  } finally {
    try {
      await service[Symbol.asyncDispose]();
    } catch (error) {
      logger.error({ error: describeError(error) }, 'stopping failed');
      process.exitCode = 1;
    }
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
