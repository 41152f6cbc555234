import assert from 'node:assert/strict';
import test from 'node:test';
import { BadgeTrail } from './badge-trail.ts';

test('a badge that is sent once more after it arrived keeps the times of its first way', () => {
  let now = 100;
  const trail = new BadgeTrail({ now: () => now });
  const publish = (traceId: string, badge: number) =>
    trail.fromProxy({ kind: 'badge-published', iconId: 'i', badge, rev: 1, traceId });
  const arrive = (badge: number) => {
    for (const step of ['accepted', 'shown'] as const) trail.fromPhone({ iconId: 'i', step, at: now, badge });
  };
  const told = () => trail.steps.map(({ trace, step, at }) => `${trace} ${step} ${at}`);
  publish('t1', 1);
  publish('t1', 1); // the first try got no answer
  arrive(1);
  const firstWay = ['t1 published 100', 't1 published 100', 't1 accepted 100', 't1 shown 100'];
  assert.deepEqual(told(), firstWay);
  now = 60_100;
  publish('t1', 1);
  arrive(1);
  assert.deepEqual(told(), firstWay);
  publish('t2', 2);
  arrive(2);
  assert.deepEqual(told().slice(4), ['t2 published 60100', 't2 accepted 60100', 't2 shown 60100']);
});
