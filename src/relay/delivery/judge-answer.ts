// From a provider's answer to the outcome that the proxy is told. The one place that decides what ends a
// subscription: only "gone", later than the registration, and not while endings are frozen.

import type { DeferralReason, RejectionReason } from '../../contract/outcomes.ts';
import type { ProviderAnswer } from '../providers/provider.ts';
import { frozenRetryAfterMs } from './tripwire.ts';

export type Outcome =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'rejected'; reason: RejectionReason; goneSince?: number; detail?: string }
  | { outcome: 'deferred'; reason: DeferralReason; retryAfterMs?: number; detail?: string };

export type Circumstances = {
  registeredAt: number;
  /** The same app and environment had an accept within the hour. */
  provenToWork: boolean;
  endingsFrozen: boolean;
  /** When the app's breaker lets somebody through again. */
  breakerRetryAfterMs: number;
};

/** Where a provider names no delay. */
export const defaultRetryAfterMs = {
  gone: 600_000,
  target: 60_000,
  app: 5000,
  unavailable: 2000,
  pushHostRefused: 3_600_000,
  overloaded: 1000,
} as const;

/** Whether the answer says that the device went after it had registered. */
export function isGoneSince(answer: ProviderAnswer, registeredAt: number): boolean {
  return answer.kind === 'gone' && answer.since > registeredAt;
}

export function judgeAnswer(answer: ProviderAnswer, circumstances: Circumstances): Outcome {
  switch (answer.kind) {
    case 'accepted':
      return { outcome: 'accepted', providerId: answer.providerId };
    case 'gone':
      if (!isGoneSince(answer, circumstances.registeredAt)) {
        // The device registered again since; the service has not noticed yet.
        return deferred('gone-before-registration', defaultRetryAfterMs.gone, answer.reason);
      }
      return circumstances.endingsFrozen
        ? deferred('gone-frozen', frozenRetryAfterMs, answer.reason)
        : { outcome: 'rejected', reason: 'target-gone', goneSince: answer.since, detail: answer.reason };
    case 'unknown-target':
      return circumstances.provenToWork
        ? { outcome: 'rejected', reason: 'target-invalid', detail: answer.reason }
        : deferred('app-misconfigured', circumstances.breakerRetryAfterMs, answer.reason);
    case 'misconfigured':
      return deferred('app-misconfigured', circumstances.breakerRetryAfterMs, answer.reason);
    case 'unacceptable':
      return {
        outcome: 'rejected',
        reason: answer.tooLarge === true ? 'payload-too-large' : 'notification-invalid',
        detail: answer.reason,
      };
    case 'throttled':
      return deferred(
        'provider-throttled',
        answer.retryAfterMs ?? defaultRetryAfterMs[answer.scope],
        answer.reason,
      );
    case 'unavailable':
      return deferred(
        answer.reason === 'unreachable' ? 'provider-unreachable' : 'provider-unavailable',
        answer.retryAfterMs ?? defaultRetryAfterMs.unavailable,
        answer.reason,
      );
    case 'outcome-unknown':
      return { outcome: 'deferred', reason: 'outcome-unknown', detail: answer.reason };
    case 'not-started':
      return notStarted(answer);
  }
}

function notStarted({ reason, detail }: Extract<ProviderAnswer, { kind: 'not-started' }>): Outcome {
  switch (reason) {
    case 'not-after-passed':
      return { outcome: 'deferred', reason };
    case 'push-host-refused':
      return deferred(reason, defaultRetryAfterMs.pushHostRefused, detail);
    case 'overloaded':
      return deferred('relay-overloaded', defaultRetryAfterMs.overloaded, detail);
  }
}

export function deferred(reason: DeferralReason, retryAfterMs: number, detail?: string): Outcome {
  return { outcome: 'deferred', reason, retryAfterMs, ...(detail === undefined ? {} : { detail }) };
}
