import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IconTable } from '../../database/schema.ts';
import { statusOf } from './icon-status.ts';

const now = 1_000_000;

const shown = {
  id: 'icon',
  wanted: 3,
  shown: 3,
  rev: 7,
  accepted_badge: 3,
  shown_at: now - 1000,
  attempt_id: null,
  last_outcome: 'provider-unreachable',
  last_outcome_at: now - 2000,
  paused_at: null,
  paused_reason: null,
  retry_at: 0,
  hold_until: 0,
} as IconTable;

function status(icon: Partial<IconTable>, { enabled = true } = {}) {
  return statusOf({ ...shown, ...icon }, { enabled, now });
}

test('a badge that was accepted is shown, and an earlier problem is none any more', () => {
  assert.deepEqual(status({}), {
    id: 'icon',
    badge: 3,
    rev: 7,
    state: 'shown',
    accepted: { badge: 3, at: now - 1000 },
    lastProblem: null,
    retryAt: null,
  });
});

test('what is on its way, and what waits and why', () => {
  assert.equal(status({ shown: null }).state, 'publishing');
  assert.equal(status({ shown: null, attempt_id: 'a' }).state, 'publishing');
  const held = status({ shown: null, hold_until: now + 5 });
  assert.deepEqual([held.state, held.retryAt, held.lastProblem], ['waiting', now + 5, null]);
  const deferred = status({ shown: null, last_outcome_at: now, retry_at: now + 9 });
  assert.deepEqual(
    [deferred.state, deferred.retryAt, deferred.lastProblem],
    ['waiting', now + 9, { reason: 'provider-unreachable', at: now }],
  );
  assert.equal(status({ shown: null, last_outcome_at: now }).state, 'waiting', 'nobody knows until when');
});

test('what only a person mends stands before everything else', () => {
  const paused = status(
    { shown: null, paused_at: now - 5, paused_reason: 'target-invalid' },
    { enabled: false },
  );
  assert.deepEqual([paused.state, paused.lastProblem], ['paused', { reason: 'target-invalid', at: now - 5 }]);
  assert.equal(status({ shown: null }, { enabled: false }).state, 'publishing-disabled');
  assert.equal(status({}, { enabled: false }).state, 'shown');
  const uncounted = status({ wanted: null, shown: null, accepted_badge: null, shown_at: null });
  assert.deepEqual([uncounted.state, uncounted.badge, uncounted.accepted], ['not-counted', null, null]);
});
