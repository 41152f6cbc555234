import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from './manual-clock.ts';
import { RateTable } from './rate-table.ts';

const keyOf = (name: string): Buffer => hash('sha256', name, 'buffer');
const table = (clock: ManualClock, slots = 1024, rate = { burst: 3, intervalMs: 1000 }): RateTable =>
  new RateTable({ clock, rate, slots });

test('a burst passes, then one per interval', async () => {
  const clock = new ManualClock();
  const rates = table(clock);
  const key = keyOf('anna');
  assert.deepEqual([rates.take(key), rates.take(key), rates.take(key)], [0, 0, 0]);
  assert.equal(rates.take(key), 1000);
  await clock.advance(400);
  assert.equal(rates.take(key), 600, 'the wait that was told is the wait that is needed');
  await clock.advance(600);
  assert.equal(rates.take(key), 0);
  assert.equal(rates.take(key), 1000);
});

test('what came to nothing can be given back', () => {
  const rates = table(new ManualClock());
  const key = keyOf('anna');
  for (let taken = 0; taken < 3; taken++) rates.take(key);
  rates.giveBack(key);
  assert.equal(rates.take(key), 0);
  assert.ok(rates.take(key) > 0);
  rates.giveBack(keyOf('a stranger'));
});

test('a million devices fit in 32 MB', () => {
  const rates = table(new ManualClock(), 2 ** 21);
  assert.ok(rates.bytes <= 32 * 1024 * 1024, `${rates.bytes} bytes`);
});

test('within any time the table lets no more through than burst and rate, and never refuses a fresh key', async () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 3000 }), key: fc.integer({ min: 0, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async steps => {
      const clock = new ManualClock();
      const rates = table(clock);
      const passed = new Map<number, number[]>();
      for (const { waitMs, key } of steps) {
        await clock.advance(waitMs);
        const wait = rates.take(keyOf(`device ${key}`));
        const before = passed.get(key) ?? [];
        if (before.length === 0) assert.equal(wait, 0);
        if (wait === 0) passed.set(key, [...before, clock.monotonic()]);
      }
      for (const instants of passed.values()) {
        for (const [index, from] of instants.entries()) {
          for (const [further, to] of instants.slice(index).entries()) {
            assert.ok(further + 1 <= 3 + (to - from) / 1000, 'more than the burst and the rate allow');
          }
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('a table far too small forgets, and still answers', () => {
  const rates = table(new ManualClock(), 8);
  for (let device = 0; device < 1000; device++) assert.equal(rates.take(keyOf(`device ${device}`)), 0);
});
