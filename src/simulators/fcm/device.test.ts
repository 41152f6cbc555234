import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { type DeviceOptions, type ReceivedMessage, SimulatedAndroid } from './device.ts';

function openPhone(options: Partial<DeviceOptions> = {}) {
  const clock = new ManualClock();
  const device = new SimulatedAndroid({
    token: 'token',
    projectId: 'fabrikam',
    platform: 'android',
    notificationPermission: true,
    online: true,
    inFront: false,
    ...options,
    clock,
    emit: () => {},
  });
  let count = 0;
  const receive = (badge: number, more: Partial<ReceivedMessage> = {}): void =>
    device.receive({
      messageId: String(++count),
      acceptedAt: clock.now(),
      token: 'token',
      data: { kind: 'badge', badge: String(badge), rev: String(count) },
      collapseKey: 'icon',
      priority: 'NORMAL',
      ttlMs: 60_000,
      notification: undefined,
      bytes: 0,
      ...more,
    });
  return { clock, device, receive };
}

test('the app shows what the data say, and takes it away at 0', () => {
  const { device, receive } = openPhone();
  for (const badge of [3, 1, 0, 2]) receive(badge);
  assert.deepEqual(device.badges, [3, 1, 0, 2]);
});

test('an older rev is ignored, the same one is taken', () => {
  const { device, receive } = openPhone();
  receive(3, { data: { kind: 'badge', badge: '3', rev: '5' } });
  receive(9, { data: { kind: 'badge', badge: '9', rev: '4' } });
  receive(3, { data: { kind: 'badge', badge: '3', rev: '5' } });
  assert.deepEqual(device.badges, [3, 3]);
});

test('what the system shows without the app: replaced by its tag, counted up without a count', () => {
  const { device, receive } = openPhone();
  receive(3, { notification: { tag: 'mailbadge', count: 3 } });
  receive(2, { notification: { tag: 'mailbadge', count: 2 } });
  assert.equal(device.badge, 2);
  receive(0, { notification: { tag: 'mailbadge', count: 0 } });
  assert.equal(device.badge, 3, '0 cannot clear');
  receive(4, { notification: { tag: undefined, count: 4 } });
  assert.equal(device.badge, 7, 'a second notification');
});

test('an app in front gets the notification itself', () => {
  const { device, receive } = openPhone({ inFront: true });
  receive(5, { notification: { tag: 'mailbadge', count: 5 }, data: { kind: 'badge', badge: '5', rev: '0' } });
  receive(4, {
    notification: { tag: 'mailbadge', count: 4 },
    data: { kind: 'badge', badge: '4', rev: '-1' },
  });
  assert.equal(device.badge, 5, 'so it compares rev');
});

test('without permission there is no number', () => {
  const { device, receive } = openPhone({ notificationPermission: false });
  receive(3);
  receive(3, { notification: { tag: 'mailbadge', count: 3 } });
  assert.equal(device.badge, 0);
});

test('for a phone that is away the newest of each key is kept, for four keys, until it expires', async () => {
  const { clock, device, receive } = openPhone({ online: false });
  for (const collapseKey of ['a', 'b', 'c', 'd', 'e', 'b']) receive(1, { collapseKey });
  receive(9, { ttlMs: 0 });
  assert.deepEqual(
    device.stored.map(({ collapseKey, messageId }) => [collapseKey, messageId]),
    [
      ['c', '3'],
      ['d', '4'],
      ['e', '5'],
      ['b', '6'],
    ],
  );
  receive(7, { collapseKey: 'late', ttlMs: 600_000 });
  await clock.advance(61_000);
  device.goOnline();
  assert.deepEqual(device.badges, [7]);
  assert.deepEqual(device.stored, []);
});

test('one message more than a hundred that do not collapse, and all are lost', () => {
  const { device, receive } = openPhone({ online: false });
  for (let count = 0; count < 101; count += 1) receive(1, { collapseKey: undefined });
  assert.equal(device.stored.length, 1);
});
