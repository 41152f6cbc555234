// The items of one batch until each has its one result, which is handed over the moment it is known. Two instants
// bound the wait: at `notAfter` whatever has not started never will; `answerAfterMs` later whatever has not been
// answered is of unknown outcome. (The proxy blocks an icon until `notAfter` + 10 s: a later answer is of no use.)

import type { NotificationResult } from '../../contract/outcomes.ts';
import type { Notification } from '../../contract/publishing.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { RegisteredDevice } from '../targets/target-seal.ts';
import type { Outcome } from './judge-answer.ts';

const answerAfterMs = 8000;

export type Item = {
  id: string;
  /** Set once it was understood. */
  notification?: Notification;
  /** Set once its target was opened. */
  device?: RegisteredDevice;
  replacement?: string;
};

type Phase = 'waiting' | 'started' | 'answered';

export class PendingBatch {
  readonly #phases = new Map<Item, Phase>();
  readonly #onResult: (item: Item, result: NotificationResult, providerReason?: string) => void;
  readonly #allAnswered = Promise.withResolvers<void>();
  readonly #overdue = Promise.withResolvers<void>();
  readonly #timers: Timer[];
  #unanswered: number;

  constructor({
    items,
    notAfter,
    clock,
    onResult,
  }: {
    items: readonly Item[];
    notAfter: number;
    clock: Clock;
    onResult: (item: Item, result: NotificationResult, providerReason?: string) => void;
  }) {
    for (const item of items) this.#phases.set(item, 'waiting');
    this.#unanswered = items.length;
    this.#onResult = onResult;
    const untilExpiry = Math.max(0, notAfter - clock.now()) + 1;
    this.#timers = [
      clock.after(untilExpiry, () => {
        this.#answerAll('waiting', { outcome: 'deferred', reason: 'not-after-passed' });
      }),
      clock.after(untilExpiry + answerAfterMs, () => {
        this.#answerAll('started', {
          outcome: 'deferred',
          reason: 'outcome-unknown',
          detail: 'the provider did not answer in time',
        });
        this.#overdue.resolve();
      }),
    ];
    if (items.length === 0) this.#finish();
  }

  /** Resolves when every item has its result. */
  get allAnswered(): Promise<void> {
    return this.#allAnswered.promise;
  }

  /** Resolves when no answer counts any more. */
  get overdue(): Promise<void> {
    return this.#overdue.promise;
  }

  isWaiting(item: Item): boolean {
    return this.#phases.get(item) === 'waiting';
  }

  start(item: Item): void {
    this.#phases.set(item, 'started');
  }

  /** The first answer of an item counts; a later one changes nothing. */
  answer(item: Item, outcome: Outcome, providerReason?: string): void {
    if (this.#phases.get(item) === 'answered') return;
    this.#phases.set(item, 'answered');
    const replaced = outcome.outcome !== 'rejected' && item.replacement !== undefined;
    const result = {
      id: item.id,
      ...outcome,
      ...(replaced ? { replacementTarget: item.replacement } : {}),
    } as NotificationResult;
    this.#onResult(item, result, providerReason);
    this.#unanswered -= 1;
    if (this.#unanswered === 0) this.#finish();
  }

  #answerAll(phase: Phase, outcome: Outcome): void {
    for (const [item, itsPhase] of this.#phases) if (itsPhase === phase) this.answer(item, outcome);
  }

  #finish(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#allAnswered.resolve();
  }
}
