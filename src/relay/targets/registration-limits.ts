// How often devices may register. The limit per organization protects the relay; the one per push target protects
// the device, which would otherwise be pushed a code for every ticket that anybody holds. (A ticket works once.)

import { hash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { RateTable } from '../../runtime/rate-table.ts';

const minuteMs = 60_000;
const perTarget = { burst: 5, intervalMs: 2 * minuteMs };
const targetsRemembered = 2 ** 16;
const organizationsRemembered = 2 ** 14;

export class RegistrationLimits {
  readonly #organizations: RateTable;
  readonly #targets: RateTable;

  constructor({ clock, organizationPerMinute }: { clock: Clock; organizationPerMinute: number }) {
    this.#organizations = new RateTable({
      clock,
      rate: { burst: organizationPerMinute, intervalMs: minuteMs / organizationPerMinute },
      slots: organizationsRemembered,
    });
    this.#targets = new RateTable({ clock, rate: perTarget, slots: targetsRemembered });
  }

  /** 0, or how many ms to wait. `targetKey` is the same for a target whoever registers it. */
  take({ organizationId, targetKey }: { organizationId: string; targetKey: Buffer }): number {
    const organizationKey = hash('sha256', organizationId, 'buffer');
    const organizationWait = this.#organizations.take(organizationKey);
    if (organizationWait > 0) return organizationWait;
    const targetWait = this.#targets.take(targetKey);
    if (targetWait > 0) this.#organizations.giveBack(organizationKey);
    return targetWait;
  }
}
