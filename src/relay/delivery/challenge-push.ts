// Pushes a registration's code to the push target that is to be proven. What the provider answers never feeds an
// app's breaker: anybody with a ticket can name a target that makes it fail.

import type { PushTarget, WebPushKeys } from '../../contract/push-targets.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { RelayEvents } from '../events.ts';
import type { Provider, ProviderAnswer } from '../providers/provider.ts';

const startWithinMs = 5000;
const answerWithinMs = 15_000;

export type ChallengePush = {
  traceId: string;
  organizationId: string;
  appId: string;
  target: PushTarget;
  code: string;
  keys: WebPushKeys | undefined;
};

export class ChallengePushes {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: RelayEvents;

  constructor({ clock, random, events }: { clock: Clock; random: Random; events: RelayEvents }) {
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  /** Resolves when the provider took the code; throws an AppError that says why not. */
  async push(provider: Provider, challenge: ChallengePush): Promise<void> {
    const answer = await this.#ask(provider, challenge);
    const { traceId, organizationId, appId } = challenge;
    this.#events.record({
      kind: 'challenge-outcome',
      traceId,
      organizationId,
      appId,
      provider: provider.name,
      outcome: answer.kind,
      ...('reason' in answer ? { providerReason: answer.reason } : {}),
    });
    if (answer.kind !== 'accepted') throw notDelivered(answer);
  }

  async #ask(
    provider: Provider,
    { traceId, appId, target, code, keys }: ChallengePush,
  ): Promise<ProviderAnswer> {
    const late = Promise.withResolvers<ProviderAnswer>();
    const timer = this.#clock.after(answerWithinMs, () => {
      late.resolve({ kind: 'outcome-unknown', reason: 'no-answer-in-time' });
    });
    const asked = provider.challenge({
      id: this.#random.uuid(),
      traceId,
      target,
      code,
      notAfter: this.#clock.now() + startWithinMs,
      ...(keys === undefined ? {} : { keys }),
    });
    const failed = (error: unknown): ProviderAnswer => {
      const facts = { appId, provider: provider.name, traceId, error: describeError(error) };
      this.#events.record({ kind: 'provider-failed', ...facts });
      return { kind: 'outcome-unknown', reason: 'provider-failed' };
    };
    const answer = await Promise.race([asked.catch(failed), late.promise]);
    timer.cancel();
    return answer;
  }
}

function notDelivered(answer: Exclude<ProviderAnswer, { kind: 'accepted' }>): AppError {
  switch (answer.kind) {
    case 'gone':
    case 'unknown-target':
    case 'unacceptable':
      return new AppError(
        'push-target-invalid',
        `the provider does not take this push target: ${answer.reason}`,
        {
          hint: 'let the app get a new push target, for the environment that it was built for',
        },
      );
    case 'not-started':
      if (answer.reason === 'push-host-refused') {
        return new AppError(
          'push-host-not-allowed',
          'the endpoint’s push service is not allowed for this app',
          {
            hint: 'the relay’s operator lists the allowed push services under web_push.push_hosts',
          },
        );
      }
      return challengeNotDelivered(answer.reason);
    case 'misconfigured':
      return challengeNotDelivered(answer.reason, 'the relay’s operator must mend the app’s credentials');
    case 'throttled':
    case 'unavailable':
      return challengeNotDelivered(answer.reason, undefined, answer.retryAfterMs);
    case 'outcome-unknown':
      return challengeNotDelivered(answer.reason);
  }
}

function challengeNotDelivered(
  reason: string,
  hint = 'try again with a new ticket',
  retryAfterMs?: number,
): AppError {
  return new AppError('challenge-not-delivered', `the code did not reach the provider: ${reason}`, {
    hint,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
