// Delivers batches: looks at the items in slices, holds the organization to its quota, lets organizations take turns,
// and answers every item exactly once. It never throws: once one item may have started, the batch as a whole can no
// longer be refused, so whatever goes wrong becomes an item's outcome.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NotificationResult } from '../../contract/outcomes.ts';
import type { Clock } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { RelayEvents } from '../events.ts';
import type { Caller } from '../organizations/caller.ts';
import type { AppProviders } from '../providers/provider.ts';
import type { DeniedTargets } from '../targets/denied-targets.ts';
import type { TargetSeal } from '../targets/target-seal.ts';
import { Admission, type ReadyItem } from './admission.ts';
import type { DeviceQuota } from './device-quota.ts';
import { FairQueue } from './fair-queue.ts';
import { defaultRetryAfterMs, deferred } from './judge-answer.ts';
import type { OrganizationQuota } from './organization-quota.ts';
import { type Item, PendingBatch } from './pending-batch.ts';
import { ProviderTurns } from './provider-turn.ts';
import { type RouteFacts, Routes } from './routes.ts';
import { Tripwire } from './tripwire.ts';

export type Batch = {
  caller: Caller;
  /** ms, this relay's clock: nothing is started after it. */
  notAfter: number;
  /** As they came; each is checked by itself. */
  items: readonly { id: string }[];
  /** Of the request, for items whose own cannot be read. */
  traceId: string;
};

export type DeliveryCollaborators = {
  apps: AppProviders;
  seal: TargetSeal;
  denied: DeniedTargets;
  organizationQuota: OrganizationQuota;
  deviceQuota: DeviceQuota;
  queue?: FairQueue;
  events: RelayEvents;
  clock: Clock;
};

/** Items looked at in one go; then everything else of the process has its turn. */
const sliceSize = 50;

export class Delivery {
  readonly #denied: DeniedTargets;
  readonly #organizationQuota: OrganizationQuota;
  readonly #queue: FairQueue;
  readonly #admission: Admission;
  readonly #routes: Routes;
  readonly #tripwire: Tripwire;
  readonly #turns: ProviderTurns;
  readonly #events: RelayEvents;
  readonly #clock: Clock;

  constructor(options: DeliveryCollaborators) {
    const { apps, seal, deviceQuota, events, clock } = options;
    this.#denied = options.denied;
    this.#organizationQuota = options.organizationQuota;
    this.#queue = options.queue ?? new FairQueue();
    this.#routes = new Routes({ clock, events });
    this.#admission = new Admission({ apps, seal, routes: this.#routes, events, clock });
    const onFrozen: ConstructorParameters<typeof Tripwire>[0]['onFrozen'] = frozen =>
      events.record({ kind: 'endings-frozen', ...frozen });
    this.#tripwire = new Tripwire({ clock, onFrozen });
    this.#turns = new ProviderTurns({
      deviceQuota,
      tripwire: this.#tripwire,
      events,
      clock,
    });
    this.#events = events;
    this.#clock = clock;
  }

  /** The ways to providers whose configuration does not work. */
  heldBack(): RouteFacts[] {
    return this.#routes.heldBack();
  }

  /** An operator knows that the devices which were reported gone are gone. */
  liftTripwire(ofWhom: { organizationId: string; appId: string }): void {
    this.#tripwire.lift(ofWhom);
  }

  /** Hands each result over as it is known; resolves when every item has one. Never rejects. */
  async deliver(batch: Batch, onResult: (result: NotificationResult) => void): Promise<void> {
    const items = batch.items.map((raw): Item => ({ id: raw.id }));
    const pending = this.#track(batch, items, onResult);
    for (let from = 0; from < items.length; from += sliceSize) {
      const slice = items.slice(from, from + sliceSize);
      try {
        await this.#admit(slice, { from, batch, pending });
      } catch (error) {
        const { traceId } = batch;
        this.#events.record({ kind: 'delivery-failed', traceId, error: describeError(error) });
        for (const item of slice) {
          if (pending.isWaiting(item)) pending.answer(item, deferred('relay-error', defaultRetryAfterMs.app));
        }
      }
      await nextTurn();
    }
    await pending.allAnswered;
  }

  /** Answers what can be judged at once, and queues the rest. */
  async #admit(
    slice: readonly Item[],
    { from, batch, pending }: { from: number; batch: Batch; pending: PendingBatch },
  ): Promise<void> {
    const { caller, items, notAfter } = batch;
    const { organizationId } = caller;
    const denied = await this.#denied.current();
    const ready: ReadyItem[] = [];
    for (const [index, item] of slice.entries()) {
      const seen = this.#admission.look(item, items[from + index], caller, denied);
      if ('outcome' in seen) pending.answer(item, seen);
      else ready.push(seen);
    }
    const quota = await this.#organizationQuota.take(organizationId, ready.length);
    for (const { item } of ready.splice(quota.granted)) {
      pending.answer(item, deferred('organization-throttled', quota.retryAfterMs));
    }
    const giveBack = (): void => this.#organizationQuota.giveBack(organizationId, 1);
    for (const one of ready) {
      this.#queue.submit(
        {
          road: { name: one.route.name, capacity: () => one.provider.capacity(one.device.target) },
          organizationId,
        },
        {
          run: () => this.#turns.take({ ready: one, pending, notAfter, organizationId, giveBack }),
          refuse: () => {
            giveBack();
            pending.answer(one.item, deferred('relay-overloaded', defaultRetryAfterMs.overloaded));
          },
        },
      );
    }
  }

  #track(batch: Batch, items: Item[], onResult: (result: NotificationResult) => void): PendingBatch {
    const arrivedAt = this.#clock.monotonic();
    return new PendingBatch({
      items,
      notAfter: batch.notAfter,
      clock: this.#clock,
      onResult: ({ notification, device }, result, providerReason) => {
        onResult(result);
        this.#events.record({
          kind: 'notification-outcome',
          traceId: notification?.traceId ?? batch.traceId,
          organizationId: batch.caller.organizationId,
          ...(notification === undefined ? {} : { appId: notification.appId }),
          ...(device === undefined ? {} : { provider: device.target.provider, targetId: device.targetId }),
          outcome: result.outcome,
          ...(result.outcome === 'accepted' ? { providerId: result.providerId } : { reason: result.reason }),
          ...(providerReason === undefined ? {} : { providerReason }),
          latencyMs: this.#clock.monotonic() - arrivedAt,
        });
      },
    });
  }
}
