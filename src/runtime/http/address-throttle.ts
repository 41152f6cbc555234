// Slows down who tries one thing after the other from one address, in memory of a fixed size; and, where asked for,
// everybody together, for an attacker who has many addresses.

import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type Rate, RateTable } from '../rate-table.ts';
import { networkOf } from './client-address.ts';

const addressesRemembered = 2 ** 14;
const everybody = Buffer.alloc(8);

export class AddressThrottle {
  readonly #table: RateTable;
  readonly #overall: RateTable | undefined;

  constructor({ clock, rate, overall }: { clock: Clock; rate: Rate; overall?: Rate }) {
    this.#table = new RateTable({ clock, rate, slots: addressesRemembered });
    if (overall !== undefined) this.#overall = new RateTable({ clock, rate: overall, slots: 1 });
  }

  /** Throws `too-many-requests`, with the time to wait. */
  take(address: string): void {
    const retryAfterMs = this.#table.take(keyOf(address));
    if (retryAfterMs > 0) throw tooMany('too many tries from this address', retryAfterMs);
    const overallMs = this.#overall?.take(everybody) ?? 0;
    if (overallMs > 0) throw tooMany('too many tries at this relay just now', overallMs);
  }

  /** Undoes one `take`: for what turned out to be no guess. */
  giveBack(address: string): void {
    this.#table.giveBack(keyOf(address));
    this.#overall?.giveBack(everybody);
  }
}

function keyOf(address: string): Buffer {
  return hash('sha256', networkOf(address), 'buffer');
}

function tooMany(message: string, retryAfterMs: number): AppError {
  const hint = `wait ${Math.ceil(retryAfterMs / 1000)} s`;
  return new AppError('too-many-requests', message, { hint, retryAfterMs });
}
