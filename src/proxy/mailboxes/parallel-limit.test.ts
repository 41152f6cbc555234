import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParallelLimit } from './parallel-limit.ts';

test('runs no more tasks at once than its limit, all of them, in order', async () => {
  const limit = new ParallelLimit(3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limit.run(async () => {
        order.push(index);
        most = Math.max(most, ++running);
        await new Promise(resolve => setImmediate(resolve));
        running -= 1;
      }),
    ),
  );
  assert.equal(most, 3);
  assert.deepEqual(order, [...Array(20).keys()]);
});

test('a task that fails gives its place to the next', async () => {
  const limit = new ParallelLimit(1);
  const failing = limit.run(() => Promise.reject(new Error('no')));
  const next = limit.run(() => Promise.resolve('yes'));
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
});

test('a waiting task that is aborted never runs and holds no place', async () => {
  const limit = new ParallelLimit(1);
  const gate = Promise.withResolvers<void>();
  const first = limit.run(() => gate.promise);
  const abort = new AbortController();
  const aborted = limit.run(() => Promise.reject(new Error('must not run')), abort.signal);
  const last = limit.run(() => Promise.resolve('ran'));
  abort.abort(new Error('given up'));
  gate.resolve();
  await assert.rejects(aborted, /given up/);
  await first;
  assert.equal(await last, 'ran');
});
