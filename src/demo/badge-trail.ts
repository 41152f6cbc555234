// Follows each badge from the mailbox to the icon, by the proxy's own events and what reached the phone. A phone knows
// no trace: what it got belongs to the badge that was last published for its icon. A badge that has arrived is sent once
// more a minute later, as no push service promises order: that is no new way, and leaves the times of the first alone.

import type { ProxyEvent } from '../proxy/events.ts';
import type { PhoneEvent } from './demo-phone.ts';
import type { DemoStep } from './demo-view.ts';

const keptSteps = 400;

export class BadgeTrail {
  readonly steps: DemoStep[] = [];
  /** By icon; `reached` is what the phone has told of it. */
  readonly #published = new Map<string, { trace: string; badge: number; reached: Set<DemoStep['step']> }>();
  readonly #listeners = new Set<(step: DemoStep) => void>();
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  onStep(listener: (step: DemoStep) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  fromProxy(event: ProxyEvent): void {
    switch (event.kind) {
      case 'mailbox-counted':
        if (event.cause !== 'event') return; // a recount follows no mail
        this.#tell({ trace: event.traceId, step: 'mail', at: event.observedAt });
        this.#tell({ trace: event.traceId, step: 'counted', at: this.#now() });
        break;
      case 'badge-published': {
        const { traceId: trace, badge } = event;
        const before = this.#published.get(event.iconId);
        if (before?.trace === trace && before.badge === badge && before.reached.size > 0) return;
        this.#published.set(event.iconId, { trace, badge, reached: new Set() });
        this.#tell({
          trace,
          step: 'published',
          at: this.#now(),
          icon: event.iconId,
          badge,
        });
        break;
      }
      case 'badge-outcome':
        if (event.outcome === 'accepted') return; // the provider's own time is nearer: fromPhone
        this.#tell({
          trace: event.traceId,
          step: 'accepted',
          at: this.#now(),
          icon: event.iconId,
          failed: 'reason' in event ? event.reason : event.outcome,
        });
        break;
      default:
    }
  }

  fromPhone({ iconId, step, at }: PhoneEvent): void {
    const published = this.#published.get(iconId);
    if (published === undefined || published.reached.has(step)) return;
    published.reached.add(step);
    this.#tell({ trace: published.trace, step, at, icon: iconId, badge: published.badge });
  }

  #tell(step: DemoStep): void {
    this.steps.push(step);
    if (this.steps.length > keptSteps) this.steps.splice(0, this.steps.length - keptSteps);
    for (const listener of this.#listeners) listener(step);
  }
}
