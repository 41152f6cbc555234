import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { FairQueue, type FairQueueLimits } from './fair-queue.ts';

/** Submits jobs that end when told to, and notes who was started and who was refused. */
function setUp({ capacity = 1000, ...limits }: Partial<FairQueueLimits> & { capacity?: number } = {}) {
  const queue = new FairQueue(limits);
  const places = { capacity };
  const started: string[] = [];
  const refused: string[] = [];
  const ends = new Map<string, () => void>();
  const submit = (organizationId: string, name: string, road = 'road'): void => {
    queue.submit(
      { road: { name: road, capacity: () => places.capacity }, organizationId },
      {
        run: () => {
          started.push(name);
          return new Promise(resolve => ends.set(name, resolve));
        },
        refuse: () => refused.push(name),
      },
    );
  };
  const end = (name: string): void => ends.get(name)?.();
  return { queue, places, started, refused, submit, end };
}

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

test('organizations take turns', async () => {
  const { submit, started } = setUp();
  for (const name of ['a1', 'a2', 'a3']) submit('a', name);
  for (const name of ['b1', 'b2']) submit('b', name);
  await turns();
  assert.deepEqual(started, ['a1', 'b1', 'a2', 'b2', 'a3']);
});

test('one organization alone gets half a road; a newcomer starts at once', async () => {
  const { submit, started, end } = setUp({ capacity: 10 });
  for (let job = 0; job < 100; job++) submit('slow', `slow ${job}`);
  await turns();
  assert.equal(started.length, 5);
  submit('quick', 'quick');
  await turns();
  assert.equal(started.at(-1), 'quick');
  end('slow 0');
  await turns();
  const ofSlow = started.filter(name => name.startsWith('slow'));
  assert.equal(ofSlow.length, 6, 'one more in the place that was freed, and no other');
});

test('a road has as many places as its provider can carry, whatever that is by now', async () => {
  const { submit, started, end, places } = setUp({ capacity: 2 });
  for (let job = 0; job < 100; job++) submit('a', `a${job}`);
  await turns();
  assert.equal(started.length, 1);
  places.capacity = 10;
  end('a0');
  await turns();
  assert.equal(started.length, 1 + 5);
  places.capacity = 4;
  end('a1');
  await turns();
  assert.equal(started.length, 1 + 5, 'four of five are still under way');
});

test('a stuck road holds up no other road', async () => {
  const { submit, started } = setUp({ capacity: 2 });
  for (let job = 0; job < 10; job++) submit('a', `stuck ${job}`, 'stuck');
  submit('a', 'free', 'free');
  await turns();
  assert.ok(started.includes('free'));
});

test('a slice at a time: the event loop turns between', async () => {
  const { submit, started } = setUp();
  for (let job = 0; job < 200; job++) submit('a', `a${job}`);
  await nextTurn();
  assert.ok(started.length > 0 && started.length <= 100, `${started.length} at once`);
  await turns(10);
  assert.equal(started.length, 200);
});

test('when there is no room, whoever waits with most gives up its newest', async () => {
  const { submit, started, refused } = setUp({ capacity: 2, waiting: 5, waitingPerOrganization: 5 });
  for (let job = 0; job < 5; job++) submit('greedy', `greedy ${job}`);
  submit('modest', 'modest 0');
  assert.deepEqual(refused, ['greedy 4']);
  await turns();
  assert.ok(started.includes('modest 0'));
});

test('an organization that waits with too many is refused at once', () => {
  const { submit, refused } = setUp({ waitingPerOrganization: 2 });
  for (const name of ['a1', 'a2', 'a3']) submit('a', name);
  assert.deepEqual(refused, ['a3']);
});

test('no organization starves, every job has exactly one end, and limits hold', async () => {
  const jobs = fc.array(fc.record({ organization: fc.nat(4), road: fc.nat(2) }), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({ min: 2, max: 8 }), async (submitted, capacity) => {
      const queue = new FairQueue({ waiting: 100, waitingPerOrganization: 60 });
      const ends = submitted.map(() => 0);
      const underWay = new Map<number, number>();
      for (const [index, { organization, road }] of submitted.entries()) {
        queue.submit(
          {
            road: { name: `road ${road}`, capacity: () => capacity },
            organizationId: `organization ${organization}`,
          },
          {
            run: async () => {
              underWay.set(road, (underWay.get(road) ?? 0) + 1);
              assert.ok((underWay.get(road) ?? 0) <= capacity);
              await nextTurn();
              underWay.set(road, (underWay.get(road) ?? 0) - 1);
              ends[index] = (ends[index] ?? 0) + 1;
            },
            refuse: () => {
              ends[index] = (ends[index] ?? 0) + 1;
            },
          },
        );
        assert.ok(queue.waiting <= 100);
      }
      for (let turn = 0; queue.waiting > 0 && turn < 5000; turn++) await nextTurn();
      await turns();
      assert.ok(ends.every(count => count === 1));
    }),
    { numRuns: 50 },
  );
});
