import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { AppBreaker } from './app-breaker.ts';

const minuteMs = 60_000;

function setUp() {
  const clock = new ManualClock();
  const alarms: string[] = [];
  const alarm = { opened: (reason: string) => alarms.push(reason), closed: () => alarms.push('closed') };
  return { clock, alarms, breaker: new AppBreaker({ clock, alarm }) };
}

test('a configuration error holds everybody back with one alarm; one canary a minute; success closes', async () => {
  const { clock, alarms, breaker } = setUp();
  assert.deepEqual(breaker.permit(), { kind: 'go', canary: false });
  breaker.misconfigured('InvalidProviderToken');
  breaker.misconfigured('InvalidProviderToken');
  assert.deepEqual(alarms, ['InvalidProviderToken']);
  assert.deepEqual(breaker.permit(), { kind: 'wait', reason: 'app-misconfigured', retryAfterMs: minuteMs });
  await clock.advance(minuteMs);
  assert.deepEqual(breaker.permit(), { kind: 'go', canary: true });
  assert.equal(breaker.permit().kind, 'wait', 'only one');
  breaker.misconfigured('InvalidProviderToken');
  await clock.advance(minuteMs);
  assert.deepEqual(breaker.permit(), { kind: 'go', canary: true });
  breaker.accepted({ canary: true });
  assert.deepEqual(alarms, ['InvalidProviderToken', 'closed']);
  assert.deepEqual(breaker.permit(), { kind: 'go', canary: false });
});

test('a late accept of what left before proves nothing', () => {
  const { breaker } = setUp();
  breaker.misconfigured('BadTopic');
  breaker.accepted({ canary: false });
  assert.equal(breaker.open, true);
});

test('five different unknown devices without an accept within the hour are a configuration error', async () => {
  const { clock, alarms, breaker } = setUp();
  for (let tries = 0; tries < 10; tries++) breaker.unknownTarget('the same', 'BadDeviceToken');
  for (const device of ['b', 'c', 'd']) breaker.unknownTarget(device, 'BadDeviceToken');
  assert.deepEqual(alarms, []);
  breaker.unknownTarget('e', 'BadDeviceToken');
  assert.deepEqual(alarms, ['BadDeviceToken']);

  const other = setUp();
  other.breaker.accepted({ canary: false });
  assert.equal(other.breaker.provenToWork, true);
  for (let device = 0; device < 100; device++) other.breaker.unknownTarget(`${device}`, 'BadDeviceToken');
  assert.deepEqual(other.alarms, []);
  await other.clock.advance(60 * minuteMs);
  assert.equal(other.breaker.provenToWork, false);
  await clock.advance(0);
});

test('an app that is asked to slow down waits as long as it was told, ten minutes at most', async () => {
  const { clock, breaker } = setUp();
  breaker.throttled(5000);
  breaker.throttled(1000);
  assert.deepEqual(breaker.permit(), { kind: 'wait', reason: 'provider-throttled', retryAfterMs: 5000 });
  await clock.advance(5000);
  assert.equal(breaker.permit().kind, 'go');
  breaker.throttled(86_400_000);
  await clock.advance(10 * minuteMs);
  assert.equal(breaker.permit().kind, 'go');
});
