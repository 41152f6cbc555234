// Slows down who tries one thing after the other from one address, in memory of a fixed size.
// An IPv6 network of 64 bits counts as one address: its holder has all of them.

import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { type Rate, RateTable } from '../../runtime/rate-table.ts';

const addressesRemembered = 2 ** 14;

export class AddressThrottle {
  readonly #table: RateTable;

  constructor({ clock, rate }: { clock: Clock; rate: Rate }) {
    this.#table = new RateTable({ clock, rate, slots: addressesRemembered });
  }

  /** Throws `too-many-requests`, with the time to wait. */
  take(address: string): void {
    const retryAfterMs = this.#table.take(hash('sha256', network(address), 'buffer'));
    if (retryAfterMs === 0) return;
    throw new AppError('too-many-requests', 'too many tries from this address', {
      hint: `wait ${Math.ceil(retryAfterMs / 1000)} s`,
      retryAfterMs,
    });
  }
}

function network(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => '0');
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':');
}
