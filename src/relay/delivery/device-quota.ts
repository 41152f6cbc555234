// How often one device may be pushed to, by target id, in memory of a fixed size whatever the number of devices
// (25 MB for a million). It may forget; it never remembers for longer than it takes to earn the burst again.

import type { Clock } from '../../runtime/clock.ts';
import { RateTable } from '../../runtime/rate-table.ts';

/** Twice the devices that are meant to be told apart at one time. */
const slots = 2 ** 21;

export class DeviceQuota {
  readonly #table: RateTable;

  constructor({ clock, burst, perMinute }: { clock: Clock; burst: number; perMinute: number }) {
    this.#table = new RateTable({ clock, rate: { burst, intervalMs: 60_000 / perMinute }, slots });
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  /** 0, or how many ms the device must wait. A target id is an HMAC: its bytes are uniform already. */
  take(targetId: string): number {
    return this.#table.take(Buffer.from(targetId, 'base64url'));
  }

  giveBack(targetId: string): void {
    this.#table.giveBack(Buffer.from(targetId, 'base64url'));
  }
}
