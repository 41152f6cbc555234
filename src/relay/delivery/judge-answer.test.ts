import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProviderAnswer } from '../providers/provider.ts';
import { type Circumstances, judgeAnswer } from './judge-answer.ts';

const usual: Circumstances = {
  registeredAt: 1000,
  provenToWork: true,
  endingsFrozen: false,
  breakerRetryAfterMs: 60_000,
};

function judged(answer: ProviderAnswer, circumstances: Partial<Circumstances> = {}) {
  const outcome = judgeAnswer(answer, { ...usual, ...circumstances });
  return outcome.outcome === 'accepted' ? 'accepted' : `${outcome.outcome} ${outcome.reason}`;
}

test('each answer has its outcome', () => {
  const table: [ProviderAnswer, string][] = [
    [{ kind: 'accepted', providerId: 'p' }, 'accepted'],
    [{ kind: 'gone', since: 1001, reason: 'Unregistered' }, 'rejected target-gone'],
    [{ kind: 'unknown-target', reason: 'BadDeviceToken' }, 'rejected target-invalid'],
    [{ kind: 'misconfigured', reason: 'BadTopic' }, 'deferred app-misconfigured'],
    [{ kind: 'unacceptable', reason: 'BadCollapseId' }, 'rejected notification-invalid'],
    [{ kind: 'unacceptable', reason: 'PayloadTooLarge', tooLarge: true }, 'rejected payload-too-large'],
    [{ kind: 'throttled', scope: 'app', reason: 'slow' }, 'deferred provider-throttled'],
    [{ kind: 'unavailable', reason: 'ServiceUnavailable' }, 'deferred provider-unavailable'],
    [{ kind: 'unavailable', reason: 'unreachable' }, 'deferred provider-unreachable'],
    [{ kind: 'outcome-unknown', reason: 'reset' }, 'deferred outcome-unknown'],
    [{ kind: 'not-started', reason: 'not-after-passed' }, 'deferred not-after-passed'],
    [{ kind: 'not-started', reason: 'push-host-refused' }, 'deferred push-host-refused'],
    [{ kind: 'not-started', reason: 'overloaded' }, 'deferred relay-overloaded'],
  ];
  for (const [answer, expected] of table) assert.equal(judged(answer), expected, JSON.stringify(answer));
});

test('only "gone" later than the registration, while nothing is frozen, ends a subscription', () => {
  assert.equal(judged({ kind: 'gone', since: 1000, reason: 'r' }), 'deferred gone-before-registration');
  assert.equal(
    judged({ kind: 'gone', since: 2000, reason: 'r' }, { endingsFrozen: true }),
    'deferred gone-frozen',
  );
});

test('an unknown target is our configuration until the route has proven to work', () => {
  const answer: ProviderAnswer = { kind: 'unknown-target', reason: 'BadDeviceToken' };
  assert.equal(judged(answer, { provenToWork: false }), 'deferred app-misconfigured');
});

test("the provider's delay is honoured, zero too", () => {
  for (const retryAfterMs of [0, 123_000]) {
    const outcome = judgeAnswer({ kind: 'unavailable', reason: 'busy', retryAfterMs }, usual);
    assert.ok(outcome.outcome === 'deferred');
    assert.equal(outcome.retryAfterMs, retryAfterMs);
  }
});
