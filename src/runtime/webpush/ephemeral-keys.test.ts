import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EphemeralKeys } from './ephemeral-keys.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

/** Keys are made on the thread pool, which no clock moves. */
async function filled(keys: EphemeralKeys, size: number): Promise<void> {
  while (keys.ready < size) await turn();
}

test('keys are made after the first was taken, up to the bound, and again when some were', async () => {
  using keys = new EphemeralKeys({ size: 8 });
  await turn();
  assert.equal(keys.ready, 0, 'nothing before the first message');
  keys.take();
  await filled(keys, 8);
  for (let count = 0; count < 100; count += 1) await turn();
  assert.equal(keys.ready, 8);
  for (let count = 0; count < 5; count += 1) keys.take();
  assert.equal(keys.ready, 3);
  await filled(keys, 8);
});

test('no key is handed out twice, also when more are taken than were made', async () => {
  using keys = new EphemeralKeys({ size: 5 });
  const taken = [keys.take()];
  await filled(keys, 5);
  for (let count = 0; count < 20; count += 1) taken.push(keys.take());
  assert.equal(new Set(taken.map(({ point }) => point.toString('hex'))).size, 21);
  assert.equal(keys.ready, 0);
});

test('nothing is left in it, and nothing is added, when it is disposed of', async () => {
  const keys = new EphemeralKeys({ size: 3 });
  keys.take();
  await filled(keys, 3);
  keys.take();
  keys[Symbol.dispose]();
  assert.equal(keys.ready, 0);
  assert.ok(keys.take().privateKey, 'a late message is encrypted all the same');
  for (let count = 0; count < 100; count += 1) await turn();
  assert.equal(keys.ready, 0);
});
