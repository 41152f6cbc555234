import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { MemoryOrganizationQuota } from './organization-quota.ts';

test('a second’s worth passes at once; the rest is told when', async () => {
  const clock = new ManualClock();
  const quota = new MemoryOrganizationQuota({ clock, perSecond: async () => 100 });
  assert.deepEqual(await quota.take('a', 60), { granted: 60, retryAfterMs: 0 });
  assert.deepEqual(await quota.take('a', 60), { granted: 40, retryAfterMs: 200 });
  assert.deepEqual(await quota.take('b', 100), { granted: 100, retryAfterMs: 0 });
  await clock.advance(200);
  assert.deepEqual(await quota.take('a', 20), { granted: 20, retryAfterMs: 0 });
});

test('what was not started is given back', async () => {
  const quota = new MemoryOrganizationQuota({ clock: new ManualClock(), perSecond: async () => 10 });
  await quota.take('a', 10);
  quota.giveBack('a', 4);
  assert.equal((await quota.take('a', 10)).granted, 4);
});

test('over any time no more is granted than a second’s worth and the rate', async () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat(2000), count: fc.nat(100) }), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3000 }), async (takes, perSecond) => {
      const clock = new ManualClock();
      const quota = new MemoryOrganizationQuota({ clock, perSecond: async () => perSecond });
      let total = 0;
      for (const { waitMs, count } of takes) {
        await clock.advance(waitMs);
        total += (await quota.take('a', count)).granted;
        assert.ok(total <= perSecond + (clock.monotonic() / 1000) * perSecond + 0.01);
      }
    }),
    { numRuns: 50 },
  );
});
