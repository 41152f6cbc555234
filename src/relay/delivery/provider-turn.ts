// One notification when its turn has come: may it still start, what does the provider answer, and what does that
// answer teach about the app, the device and the organization.

import type { Clock } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { RelayEvents } from '../events.ts';
import type { ProviderAnswer } from '../providers/provider.ts';
import type { ReadyItem } from './admission.ts';
import type { DeviceQuota } from './device-quota.ts';
import { deferred, isGoneSince, judgeAnswer, type Outcome } from './judge-answer.ts';
import type { PendingBatch } from './pending-batch.ts';
import type { Tripwire } from './tripwire.ts';

export type Turn = {
  ready: ReadyItem;
  pending: PendingBatch;
  /** ms, this relay's clock. */
  notAfter: number;
  organizationId: string;
  /** Gives the organization's quota back: nothing was started. */
  giveBack: () => void;
};

export class ProviderTurns {
  readonly #deviceQuota: DeviceQuota;
  readonly #tripwire: Tripwire;
  readonly #events: RelayEvents;
  readonly #clock: Clock;

  constructor({
    deviceQuota,
    tripwire,
    events,
    clock,
  }: { deviceQuota: DeviceQuota; tripwire: Tripwire; events: RelayEvents; clock: Clock }) {
    this.#deviceQuota = deviceQuota;
    this.#tripwire = tripwire;
    this.#events = events;
    this.#clock = clock;
  }

  /** Resolves when its place may go to somebody else: it is answered, or no answer counts any more. */
  async take(turn: Turn): Promise<void> {
    const { ready, pending, notAfter, giveBack } = turn;
    if (!pending.isWaiting(ready.item)) {
      giveBack();
      return;
    }
    const permit = this.#permit(ready, notAfter);
    if ('outcome' in permit) {
      giveBack();
      pending.answer(ready.item, permit);
      return;
    }
    pending.start(ready.item);
    await Promise.race([this.#deliver(turn, permit), pending.overdue]);
  }

  /** Takes the device's quota, unless something else stands in the way. */
  #permit({ device, route }: ReadyItem, notAfter: number): { canary: boolean } | Outcome {
    if (this.#clock.now() > notAfter) return { outcome: 'deferred', reason: 'not-after-passed' };
    const waitMs = this.#deviceQuota.take(device.targetId);
    if (waitMs > 0) return deferred('device-throttled', waitMs);
    const permit = route.breaker.permit();
    if (permit.kind === 'go') return permit;
    this.#deviceQuota.giveBack(device.targetId);
    return deferred(permit.reason, permit.retryAfterMs);
  }

  async #deliver(turn: Turn, { canary }: { canary: boolean }): Promise<void> {
    const { ready, pending, organizationId, giveBack } = turn;
    const answer = await this.#ask(turn);
    if (answer.kind === 'not-started') {
      giveBack();
      this.#deviceQuota.giveBack(ready.device.targetId);
    }
    const outcome = this.#judge(answer, ready, { canary, organizationId });
    pending.answer(ready.item, outcome, 'reason' in answer ? answer.reason : undefined);
  }

  async #ask({ ready, notAfter }: Turn): Promise<ProviderAnswer> {
    const { notification, provider, device, body } = ready;
    const { id, traceId, appId, badge, collapseKey, expiresAt, presentation, rev, preview } = notification;
    try {
      return await provider.deliver({
        id,
        traceId,
        target: device.target,
        badge,
        collapseKey,
        expiresAt,
        presentation,
        notAfter,
        ...(body === undefined ? {} : { body }),
        ...(rev === undefined ? {} : { rev }),
        ...(preview === undefined ? {} : { preview }),
      });
    } catch (error) {
      // It may have left before the provider failed.
      this.#events.record({
        kind: 'provider-failed',
        appId,
        provider: provider.name,
        traceId,
        error: describeError(error),
      });
      return { kind: 'outcome-unknown', reason: 'provider-failed' };
    }
  }

  #judge(
    answer: ProviderAnswer,
    { device, route, notification }: ReadyItem,
    { canary, organizationId }: { canary: boolean; organizationId: string },
  ): Outcome {
    const { breaker } = route;
    const { provenToWork } = breaker;
    const gone = isGoneSince(answer, device.registeredAt);
    let endingsFrozen = false;
    if (answer.kind === 'accepted' || gone) {
      const { appId } = notification;
      endingsFrozen = this.#tripwire.judge({ organizationId, appId, gone }).frozen;
    }
    if (answer.kind === 'accepted') breaker.accepted({ canary });
    if (answer.kind === 'misconfigured') breaker.misconfigured(answer.reason);
    if (answer.kind === 'unknown-target') breaker.unknownTarget(device.targetId, answer.reason);
    const outcome = judgeAnswer(answer, {
      registeredAt: device.registeredAt,
      provenToWork,
      endingsFrozen,
      breakerRetryAfterMs: breaker.retryAfterMs,
    });
    if (answer.kind === 'throttled' && answer.scope === 'app' && outcome.outcome === 'deferred') {
      breaker.throttled(outcome.retryAfterMs ?? 0);
    }
    return outcome;
  }
}
