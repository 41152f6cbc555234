import assert from 'node:assert/strict';
import test from 'node:test';
import { SystemClock } from './clock.ts';
import { ManualClock } from './manual-clock.ts';

test('timers fire in the order of their time, and of their making at the same time', async () => {
  const clock = new ManualClock(1000);
  const fired: string[] = [];
  clock.after(20, () => fired.push(`late ${clock.now()}`));
  clock.after(10, () => fired.push(`first ${clock.now()}`));
  clock.after(10, () => fired.push(`second ${clock.now()}`));
  clock.after(11, () => fired.push('cancelled')).cancel();
  await clock.advance(15);
  assert.deepEqual(fired, ['first 1010', 'second 1010']);
  await clock.advance(5);
  assert.deepEqual(fired, ['first 1010', 'second 1010', 'late 1020']);
  assert.equal(clock.pendingTimers, 0);
});

test('what a timer starts happens within the same advance', async () => {
  const clock = new ManualClock();
  let rounds = 0;
  const loop = async (): Promise<void> => {
    for (; rounds < 5; rounds++) await clock.sleep(10);
  };
  const done = loop();
  await clock.advance(50);
  await done;
  assert.equal(rounds, 5);
});

for (const [name, clock] of [
  ['manual', new ManualClock()],
  ['system', new SystemClock()],
] as const) {
  test(`an aborted sleep rejects with the reason and leaves no timer (${name} clock)`, async () => {
    const abort = new AbortController();
    const sleeping = clock.sleep(60_000, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
    await assert.rejects(clock.sleep(1, { signal: abort.signal }), /enough/);
  });
}
