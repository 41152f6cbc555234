// Slows down who tries one thing after the other from one address, in memory of a fixed size.

import { hash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { networkOf } from '../../runtime/http/client-address.ts';
import { type Rate, RateTable } from '../../runtime/rate-table.ts';

const addressesRemembered = 2 ** 14;

export class AddressThrottle {
  readonly #table: RateTable;

  constructor({ clock, rate }: { clock: Clock; rate: Rate }) {
    this.#table = new RateTable({ clock, rate, slots: addressesRemembered });
  }

  /** Throws `too-many-requests`, with the time to wait. */
  take(address: string): void {
    const retryAfterMs = this.#table.take(hash('sha256', networkOf(address), 'buffer'));
    if (retryAfterMs === 0) return;
    throw new AppError('too-many-requests', 'too many tries from this address', {
      hint: `wait ${Math.ceil(retryAfterMs / 1000)} s`,
      retryAfterMs,
    });
  }
}
