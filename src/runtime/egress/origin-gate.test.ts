import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../manual-clock.ts';
import { type Entry, OriginGate } from './origin-gate.ts';

function leave(entry: Entry): void {
  assert.ok(entry.entered);
  entry.leave();
}

test('waits for a free place, in order, and only at its own origin', async () => {
  const gate = new OriginGate({ clock: new ManualClock(), inside: 1, waiting: 2 });
  const first = await gate.enter('a', { withinMs: 1000 });
  const order: string[] = [];
  const second = gate.enter('a', { withinMs: 1000 }).then(entry => {
    order.push('second');
    return entry;
  });
  const third = gate.enter('a', { withinMs: 1000 }).then(entry => {
    order.push('third');
    return entry;
  });
  leave(await gate.enter('b', { withinMs: 1000 }));
  assert.deepEqual(order, []);
  leave(first);
  leave(await second);
  leave(await third);
  assert.deepEqual(order, ['second', 'third']);
  assert.equal(gate.size, 0);
});

test('turns away what does not fit in the line', async () => {
  const gate = new OriginGate({ clock: new ManualClock(), inside: 1, waiting: 1 });
  const first = await gate.enter('a', { withinMs: 1000 });
  const waiting = gate.enter('a', { withinMs: 1000 });
  assert.deepEqual(await gate.enter('a', { withinMs: 1000 }), { entered: false, reason: 'full' });
  leave(first);
  leave(await waiting);
});

test('waits no longer than it may, and a place is not lost on who went', async () => {
  const clock = new ManualClock();
  const gate = new OriginGate({ clock, inside: 1, waiting: 5 });
  const first = await gate.enter('a', { withinMs: 1000 });
  const impatient = gate.enter('a', { withinMs: 100 });
  const patient = gate.enter('a', { withinMs: 5000 });
  await clock.advance(100);
  assert.deepEqual(await impatient, { entered: false, reason: 'timed-out' });
  leave(first);
  leave(await patient);
  assert.equal(gate.size, 0);
  assert.equal(clock.pendingTimers, 0);
});
