import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IconStatus } from '../../src/contract/devices.ts';
import { reportOf } from './test-report.ts';

const before: IconStatus = {
  id: 'icon',
  badge: 3,
  rev: 7,
  state: 'shown',
  accepted: { badge: 3, at: 1000 },
  lastProblem: { reason: 'provider-unreachable', at: 900 },
  retryAt: null,
  watched: 'watched',
};

function report(
  status: Partial<IconStatus> | undefined,
  so: { arrivedAfterMs?: number; timedOut?: boolean } = {},
) {
  const { published, accepted, arrived, verdict } = reportOf({
    before,
    status: status && { ...before, ...status },
    arrivedAfterMs: so.arrivedAfterMs,
    timedOut: so.timedOut ?? false,
  });
  return [published, accepted, arrived, verdict];
}

test('a test of the badge is told as far as it got', () => {
  const accepted = { accepted: { badge: 3, at: 2000 } };
  assert.deepEqual(report(undefined), ['running', 'waiting', 'waiting', undefined]);
  assert.deepEqual(report({ state: 'publishing' }), ['done', 'running', 'waiting', undefined]);
  assert.deepEqual(
    report({}),
    ['done', 'running', 'waiting', undefined],
    'the acceptance of before proves nothing',
  );
  assert.deepEqual(report(accepted), ['done', 'done', 'running', undefined]);
  assert.deepEqual(report(accepted, { arrivedAfterMs: 80 }), ['done', 'done', 'done', 'works']);
  assert.deepEqual(
    report({ state: 'publishing' }, { arrivedAfterMs: 80 }),
    ['done', 'done', 'done', 'works'],
    'it may be here before the proxy has heard that it was accepted',
  );
});

test('what is waited for in vain is said, and is no failure of the badge', () => {
  const accepted = { accepted: { badge: 3, at: 2000 } };
  assert.deepEqual(report(accepted, { timedOut: true }), ['done', 'done', 'failed', 'not-arrived']);
  assert.deepEqual(report({ state: 'publishing' }, { timedOut: true }), [
    'done',
    'running',
    'waiting',
    'slow',
  ]);
  const late = { timedOut: true, arrivedAfterMs: 20_000 };
  assert.deepEqual(report({ state: 'publishing' }, late), ['done', 'done', 'done', 'works'], 'it came late');
});

test('a problem ends it with what can be done; an old one does not', () => {
  const waiting = { state: 'waiting' } as const;
  assert.deepEqual(report(waiting), ['done', 'running', 'waiting', undefined]);
  assert.deepEqual(report({ ...waiting, lastProblem: { reason: 'app-misconfigured', at: 2000 } }).at(-1), {
    problem: 'app-unknown',
  });
  assert.deepEqual(report({ state: 'paused' }).at(-1), { problem: 'register-again' });
  assert.deepEqual(report({ state: 'publishing-disabled' }), [
    'failed',
    'waiting',
    'waiting',
    { problem: 'publishing-off' },
  ]);
});
