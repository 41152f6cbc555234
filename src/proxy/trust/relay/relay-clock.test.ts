import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { RelayClock } from './relay-clock.ts';

test('it knows nothing until it was measured, and then runs on', async () => {
  const clock = new ManualClock();
  const relayClock = new RelayClock({ clock });
  assert.equal(relayClock.now(), undefined);
  assert.equal(relayClock.skewed, false);
  relayClock.observe(clock.now() + 1000);
  await clock.advance(500);
  assert.equal(relayClock.now(), clock.now() + 1000);
});

test('a slow answer does not set it back, a faster one moves it closer', async () => {
  const clock = new ManualClock();
  const relayClock = new RelayClock({ clock });
  relayClock.observe(clock.now() - 20); // 20 ms on its way
  await clock.advance(1000);
  relayClock.observe(clock.now() - 400);
  assert.equal(relayClock.now(), clock.now() - 20);
  relayClock.observe(clock.now() - 1);
  assert.equal(relayClock.now(), clock.now() - 1);
});

test('an old measurement gives way to a new one, since clocks drift', async () => {
  const clock = new ManualClock();
  const relayClock = new RelayClock({ clock });
  relayClock.observe(clock.now());
  await clock.advance(11 * 60_000);
  relayClock.observe(clock.now() - 300);
  assert.equal(relayClock.now(), clock.now() - 300);
});

test('property: it is never ahead of a relay that runs at the same pace, however long answers take', async () => {
  const measurement = fc.record({ delay: fc.nat(5000), wait: fc.nat(900_000) });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -1e7, max: 1e7 }), fc.array(measurement), async (offset, list) => {
      const clock = new ManualClock();
      const relayClock = new RelayClock({ clock });
      for (const { delay, wait } of list) {
        const written = clock.now() + offset;
        await clock.advance(delay);
        relayClock.observe(written);
        assert.ok((relayClock.now() ?? 0) <= clock.now() + offset);
        await clock.advance(wait);
        assert.ok((relayClock.now() ?? 0) <= clock.now() + offset);
      }
    }),
    { numRuns: 50 },
  );
});

test('five minutes apart are borne, more is skew', () => {
  const clock = new ManualClock();
  const relayClock = new RelayClock({ clock });
  relayClock.observe(clock.now() - 299_000);
  assert.equal(relayClock.skewed, false);
  relayClock.observe(clock.now() + 3_600_000);
  assert.equal(relayClock.skewed, true);
  assert.equal(relayClock.skewMs, -3_600_000);
});

test('forgetting begins anew, even with an earlier time', () => {
  const clock = new ManualClock();
  const relayClock = new RelayClock({ clock });
  relayClock.observe(clock.now() + 10_000);
  relayClock.forget();
  assert.equal(relayClock.now(), undefined);
  relayClock.observe(clock.now());
  assert.equal(relayClock.now(), clock.now());
});
