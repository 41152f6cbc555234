// A bound on how often something may be asked for, in memory of a fixed size.

import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { type Rate, RateTable } from '../../runtime/rate-table.ts';

const remembered = 2 ** 14;

export class RequestLimit {
  readonly #table: RateTable;
  readonly #message: string;

  constructor({ clock, rate, message }: { clock: Clock; rate: Rate; message: string }) {
    this.#table = new RateTable({ clock, rate, slots: remembered });
    this.#message = message;
  }

  /** Throws `too-many-requests`, with the time to wait. */
  take(...whose: readonly string[]): void {
    const retryAfterMs = this.#table.take(createHash('sha256').update(JSON.stringify(whose)).digest());
    if (retryAfterMs > 0) throw tooMany(this.#message, retryAfterMs);
  }
}

export function tooMany(message: string, retryAfterMs: number): AppError {
  const hint = `wait ${Math.ceil(retryAfterMs / 1000)} s`;
  return new AppError('too-many-requests', message, { hint, retryAfterMs });
}
