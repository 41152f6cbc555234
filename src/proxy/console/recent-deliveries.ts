// The newest outcomes that this process saw, in memory, for the console: what became of each notification.

import type { DeliveryList } from '../../contract/console/proxy-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxyEvents } from '../events.ts';

type Delivery = DeliveryList['deliveries'][number];

const kept = 200;

export class RecentDeliveries implements Disposable {
  readonly #deliveries: Delivery[] = [];
  readonly #listening: Disposable;

  constructor({ events, clock }: { events: Pick<ProxyEvents, 'listen'>; clock: Clock }) {
    this.#listening = events.listen(event => {
      if (event.kind !== 'badge-outcome') return;
      this.#deliveries.push({
        at: clock.now(),
        iconId: event.iconId,
        badge: event.badge,
        provider: event.provider,
        outcome: event.outcome,
        reason: 'reason' in event ? event.reason : null,
        providerId: 'providerId' in event ? event.providerId : null,
        latencyMs: event.latencyMs ?? null,
        traceId: event.traceId,
      });
      if (this.#deliveries.length > kept) this.#deliveries.shift();
    });
  }

  /** The newest first. */
  list(): Delivery[] {
    return this.#deliveries.toReversed();
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
