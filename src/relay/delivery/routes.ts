// A route is an app's way to one provider service: app, provider, and the environment (for Web Push the push
// service's host, so that one service's trouble is not another's). Each has its own breaker and its own road in the
// fair queue. Bounded, since a host may come from a device: what is idle is forgotten first.

import type { ProviderName, PushTarget } from '../../contract/push-targets.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RelayEvents } from '../events.ts';
import { AppBreaker } from './app-breaker.ts';

export type RouteFacts = { appId: string; provider: ProviderName; environment: string };

export type Route = {
  /** Tells routes apart; the road in the fair queue. */
  name: string;
  facts: RouteFacts;
  breaker: AppBreaker;
};

const routesKept = 2000;

export class Routes {
  readonly #clock: Clock;
  readonly #events: RelayEvents;
  readonly #routes = new Map<string, Route>();

  constructor({ clock, events }: { clock: Clock; events: RelayEvents }) {
    this.#clock = clock;
    this.#events = events;
  }

  of(appId: string, target: PushTarget): Route {
    const facts = { appId, provider: target.provider, environment: environmentOf(target) };
    const name = `${facts.appId} ${facts.provider} ${facts.environment}`;
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const route = { name, facts, breaker: this.#breaker(facts) };
    if (this.#routes.size >= routesKept) this.#forgetIdle();
    this.#routes.set(name, route);
    return route;
  }

  /** Where nothing but a canary a minute is delivered. */
  heldBack(): RouteFacts[] {
    return [...this.#routes.values()].filter(({ breaker }) => breaker.open).map(({ facts }) => facts);
  }

  #breaker(facts: RouteFacts): AppBreaker {
    const alarm = {
      opened: (reason: string) => this.#events.record({ kind: 'app-misconfigured', ...facts, reason }),
      closed: () => this.#events.record({ kind: 'app-recovered', ...facts }),
    };
    return new AppBreaker({ clock: this.#clock, alarm });
  }

  #forgetIdle(): void {
    for (const [name, { breaker }] of this.#routes) if (breaker.idle) this.#routes.delete(name);
  }
}

function environmentOf(target: PushTarget): string {
  switch (target.provider) {
    case 'apns':
      return target.environment;
    case 'fcm':
      return 'all';
    case 'webpush':
      return new URL(target.endpoint).host;
  }
}
