import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreshValue } from './fresh-value.ts';
import { ManualClock } from './manual-clock.ts';

/** Each reading waits until the test answers it. */
function parts() {
  const clock = new ManualClock();
  const readings: PromiseWithResolvers<string>[] = [];
  const value = new FreshValue({
    clock,
    maximumAgeMs: 5000,
    read: () => {
      const reading = Promise.withResolvers<string>();
      readings.push(reading);
      return reading.promise;
    },
  });
  return { clock, readings, value };
}

test('one reading serves all who ask, until it is too old or was said to have changed', async () => {
  const { clock, readings, value } = parts();
  const both = Promise.all([value.current(), value.current()]);
  readings[0]?.resolve('first');
  assert.deepEqual(await both, ['first', 'first']);
  await clock.advance(4999);
  assert.equal(await value.current(), 'first');
  await clock.advance(1);
  const second = value.current();
  readings[1]?.resolve('second');
  assert.equal(await second, 'second');
  value.invalidate();
  const third = value.current();
  readings[2]?.resolve('third');
  assert.equal(await third, 'third');
  assert.equal(readings.length, 3);
});

test('a change told during a reading makes the next use read again, whichever of both answers first', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { readings, value } = parts();
    const before = value.current();
    value.invalidate();
    const after = value.current();
    assert.equal(readings.length, 2);
    for (const index of order) readings[index]?.resolve(index === 0 ? 'old' : 'new');
    await before;
    assert.equal(await after, 'new');
    assert.equal(await value.current(), 'new');
    assert.equal(readings.length, 2);
  }
});

test('its age counts from when the reading began', async () => {
  const { clock, readings, value } = parts();
  const slow = value.current();
  await clock.advance(5000);
  readings[0]?.resolve('old');
  assert.equal(await slow, 'old');
  const again = value.current();
  readings[1]?.resolve('new');
  assert.equal(await again, 'new');
});

test('a reading that fails is told to all who wait for it, and tried again at the next use', async () => {
  const { readings, value } = parts();
  const failing = [value.current(), value.current()];
  readings[0]?.reject(new Error('disk I/O error'));
  for (const each of failing) await assert.rejects(each, /disk/);
  const again = value.current();
  readings[1]?.resolve('read');
  assert.equal(await again, 'read');
});
