import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { type FrozenEndings, Tripwire } from './tripwire.ts';

const minuteMs = 60_000;

function setUp() {
  const clock = new ManualClock();
  const alarms: FrozenEndings[] = [];
  const tripwire = new Tripwire({ clock, onFrozen: frozen => alarms.push(frozen) });
  const judge = (gone: boolean, organizationId = 'org'): boolean =>
    tripwire.judge({ organizationId, appId: 'app', gone }).frozen;
  const many = (count: number, gone: boolean): boolean[] => Array.from({ length: count }, () => judge(gone));
  return { clock, alarms, judge, many, lift: () => tripwire.lift({ organizationId: 'org', appId: 'app' }) };
}

test('twenty may go at once, the twenty-first freezes, with one alarm, for this organization alone', () => {
  const { alarms, judge, many } = setUp();
  assert.ok(many(20, true).every(frozen => !frozen));
  assert.ok(many(30, true).every(frozen => frozen));
  assert.deepEqual(alarms, [{ organizationId: 'org', appId: 'app', gone: 21, judged: 21 }]);
  assert.equal(judge(true, 'another'), false);
});

test('a twentieth of many devices is the usual loss', () => {
  const { many } = setUp();
  many(1000, false);
  assert.ok(many(50, true).every(frozen => !frozen));
  assert.equal(many(5, true).at(-1), true, 'and more than that is not');
});

test('only ten minutes count', async () => {
  const { clock, many } = setUp();
  many(20, true);
  await clock.advance(10 * minuteMs);
  assert.ok(many(20, true).every(frozen => !frozen));
});

test('a lasting mistake keeps it frozen; otherwise it thaws after an hour', async () => {
  const { clock, alarms, judge, many } = setUp();
  many(40, true);
  await clock.advance(30 * minuteMs);
  many(40, true); // all were told to come back after half an hour
  await clock.advance(59 * minuteMs);
  assert.equal(judge(true), true);
  await clock.advance(minuteMs);
  assert.equal(judge(true), false);
  assert.equal(alarms.length, 1);
});

test('lifted, all who come back within the hour are believed; then it watches again', async () => {
  const { clock, alarms, judge, many, lift } = setUp();
  many(50, true);
  assert.equal(judge(true), true);
  lift();
  assert.ok(many(100, true).every(frozen => !frozen));
  await clock.advance(59 * minuteMs);
  assert.equal(judge(true), false);
  await clock.advance(minuteMs);
  assert.ok(many(50, true).some(frozen => frozen));
  assert.equal(alarms.length, 2);
});
