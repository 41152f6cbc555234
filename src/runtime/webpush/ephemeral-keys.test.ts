import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../manual-clock.ts';
import { EphemeralKeys } from './ephemeral-keys.ts';

/** Keys are made on the thread pool, which no clock moves. */
async function filled(keys: EphemeralKeys, size: number): Promise<void> {
  while (keys.ready < size) await new Promise(resolve => setImmediate(resolve));
}

test('keys are made when it is quiet, up to the bound', async () => {
  const clock = new ManualClock();
  using keys = new EphemeralKeys({ clock, size: 8 });
  assert.deepEqual([keys.ready, clock.pendingTimers], [0, 0], 'nothing before the first message');
  keys.take();
  await clock.advance(10);
  keys.take();
  await clock.advance(10);
  assert.equal(keys.ready, 0, 'not quiet yet');
  await clock.advance(20);
  await filled(keys, 8);
  await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual([keys.ready, clock.pendingTimers], [8, 0]);
});

test('no key is handed out twice, also when more are taken than were made', async () => {
  const clock = new ManualClock();
  using keys = new EphemeralKeys({ clock, size: 5 });
  const taken = [keys.take()];
  await clock.advance(100);
  await filled(keys, 5);
  for (let count = 0; count < 20; count += 1) taken.push(keys.take());
  assert.equal(new Set(taken.map(({ point }) => point.toString('hex'))).size, 21);
  assert.equal(keys.ready, 0);
});

test('nothing is left in it, and nothing goes on, when it is disposed of', async () => {
  const clock = new ManualClock();
  const keys = new EphemeralKeys({ clock, size: 3 });
  keys.take();
  await clock.advance(100);
  await filled(keys, 3);
  keys.take();
  keys[Symbol.dispose]();
  assert.deepEqual([keys.ready, clock.pendingTimers], [0, 0]);
  assert.ok(keys.take().privateKey, 'a late message is encrypted all the same');
  assert.equal(clock.pendingTimers, 0);
});
