// Looks at a database's file four times a second: did another connection commit, and is the file still the one that was
// opened? Whatever it meets is an outcome: kept for health reports, logged when it begins and when it is over, and
// looked at again. A disk that fails for a moment ends no service.

import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock, Timer } from '../runtime/clock.ts';
import { AppError, describeError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { databaseFailure } from './database-failure.ts';

const lookEveryMs = 250;

export class FileWatch implements Disposable {
  failure: AppError | undefined;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #dataVersion: StatementSync;
  readonly #listeners = new Set<() => void>();
  readonly #identity: string | undefined;
  #seen: number;
  #timer: Timer;

  constructor(connection: DatabaseSync, path: string, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
    this.#dataVersion = connection.prepare('PRAGMA data_version');
    this.#identity = identityOf(path);
    this.#seen = this.#readVersion();
    this.#timer = this.#lookLater();
  }

  listen(callback: () => void): Disposable {
    this.#listeners.add(callback);
    return { [Symbol.dispose]: () => void this.#listeners.delete(callback) };
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    return this.#clock.after(lookEveryMs, () => this.#look(), { background: true });
  }

  #look(): void {
    this.#timer = this.#lookLater();
    const version = this.#tryToRead();
    if (version === undefined || version === this.#seen) return;
    this.#seen = version;
    for (const listener of this.#listeners) listener();
  }

  #tryToRead(): number | undefined {
    try {
      const version = this.#readVersion();
      if (identityOf(this.#path) !== this.#identity) throw replaced(this.#path);
      this.#recovered();
      return version;
    } catch (cause) {
      this.#failed(cause);
      return undefined;
    }
  }

  /** Grows with the commits of other connections, and with no other. */
  #readVersion(): number {
    return Number(this.#dataVersion.get()?.['data_version'] ?? 0);
  }

  #failed(cause: unknown): void {
    const explained = databaseFailure(cause, this.#path);
    const failure =
      explained instanceof AppError
        ? explained
        : new AppError('database-unavailable', `the database ${this.#path}: ${describeError(cause)}`, {
            cause,
          });
    const known = this.failure?.message === failure.message;
    this.failure = failure;
    if (known) return;
    const { message, hint } = failure;
    this.#logger.error({ error: message, hint }, 'changes by other processes are not seen');
  }

  #recovered(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.#logger.info({}, 'changes by other processes are seen again');
  }
}

/** Of the file that this path leads to now; undefined when it leads to none, or the database is in memory. */
function identityOf(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? undefined : `${status.dev}:${status.ino}`;
}

function replaced(path: string): AppError {
  return new AppError(
    'database-unavailable',
    `the database ${path} was removed or replaced while it is in use`,
    {
      hint: 'stop the service, put the right file in its place together with its -wal file, and start it again',
    },
  );
}
