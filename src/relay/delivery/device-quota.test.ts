import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { DeviceQuota } from './device-quota.ts';

const targetId = (device: number): string => hash('sha256', `device ${device}`, 'base64url');

test('a device has its burst and then its rate, whatever other devices do', async () => {
  const clock = new ManualClock();
  const quota = new DeviceQuota({ clock, burst: 20, perMinute: 60 });
  for (let push = 0; push < 20; push++) assert.equal(quota.take(targetId(1)), 0);
  for (let device = 2; device < 2000; device++) assert.equal(quota.take(targetId(device)), 0);
  assert.equal(quota.take(targetId(1)), 1000);
  await clock.advance(1000);
  assert.equal(quota.take(targetId(1)), 0);
  quota.giveBack(targetId(1));
  assert.equal(quota.take(targetId(1)), 0);
});

test('it takes 25 MB, and tells two hundred thousand busy devices apart', () => {
  const quota = new DeviceQuota({ clock: new ManualClock(), burst: 1, perMinute: 1 });
  assert.equal(quota.bytes, 2 ** 21 * 12);
  let forgotten = 0;
  for (let device = 0; device < 200_000; device++) quota.take(targetId(device));
  for (let device = 0; device < 200_000; device++) if (quota.take(targetId(device)) === 0) forgotten += 1;
  assert.ok(forgotten < 20, `${forgotten} were forgotten`);
});
