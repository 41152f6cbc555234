import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { parseDeviceKeys } from '../../runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../runtime/webpush/encrypt.ts';
import { type DeviceEvent, type DeviceOptions, type Push, SimulatedDevice } from './device.ts';

function setUp(options: Partial<DeviceOptions> = {}) {
  const clock = new ManualClock();
  const events: DeviceEvent['type'][] = [];
  const device = new SimulatedDevice({
    token: 'ab'.repeat(32),
    topic: 'com.fabrikam.mail',
    environment: 'production',
    badgePermission: true,
    online: true,
    ...options,
    clock,
    emit: event => events.push(event.type),
  });
  const push = (payload: unknown, fields: Partial<Push> = {}): Push => ({
    apnsId: 'id',
    pushType: 'alert',
    priority: 10,
    expiresAt: clock.now() + 60_000,
    collapseId: undefined,
    payload,
    acceptedAt: clock.now(),
    ...fields,
  });
  return { clock, device, events, push };
}

const badge = (value: unknown) => ({ aps: { badge: value } });

test('a badge is set by a number, removed by zero, and unchanged by its absence', () => {
  const { device, push } = setUp();
  device.receive(push(badge(4)));
  device.receive(push({ aps: { alert: 'hello' } }));
  assert.equal(device.badge, 4);
  device.receive(push(badge(0)));
  assert.equal(device.badge, 0);
  device.receive(push(badge('9')));
  device.receive(push(undefined));
  assert.deepEqual(device.badges, [4, 0]);
});

test('without permission the badge stays', () => {
  const { device, push } = setUp({ badgePermission: false });
  device.receive(push(badge(4)));
  assert.equal(device.badge, 0);
});

test('offline it keeps one, and drops what must not be stored or has expired', async () => {
  const { device, push, clock, events } = setUp({ online: false });
  assert.equal(device.receive(push(badge(1), { expiresAt: 0 })), 'dropped');
  assert.equal(device.receive(push(badge(2))), 'stored');
  assert.equal(device.receive(push(badge(3))), 'stored');
  device.goOnline();
  assert.deepEqual([device.badges, events], [[3], ['shown']]);
  device.goOffline();
  device.receive(push(badge(5)));
  await clock.advance(60_001);
  device.goOnline();
  assert.deepEqual(device.badges, [3]);
});

test('the registration codes come in order, to whoever waits and to whoever comes later', async () => {
  const { device, push, events } = setUp();
  const challenge = (code: string) =>
    push({ aps: { 'content-available': 1 }, mailbadge: { code } }, { pushType: 'background', priority: 5 });
  const waiting = device.waitForCode();
  device.receive(challenge('first'));
  device.receive(challenge('second'));
  assert.equal(await waiting, 'first');
  assert.equal(await device.waitForCode(), 'second');
  assert.deepEqual([device.backgroundWakes, device.shown.length, events], [2, 0, ['woken', 'woken']]);
  await assert.rejects(device.waitForCode({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});

test('an alert is shown as it came, or as the extension makes it; without an alert no extension is woken', () => {
  const { device, push } = setUp();
  const keys = parseDeviceKeys(device.extension.keys);
  assert.ok(keys);
  const encrypted = (payload: unknown): string =>
    encryptForDevice(keys, Buffer.from(JSON.stringify(payload)), { random: systemRandom }).toString(
      'base64url',
    );
  const preview = encrypted({
    v: 1,
    kind: 'preview',
    subscription: 'icon',
    rev: 1,
    preview: { mailbox: 'anna', from: 'Ben', subject: 'Lunch?', receivedAt: 1 },
  });
  const alert = { body: 'New mail' };
  const mutable = { badge: 1, alert, 'mutable-content': 1 };
  const shown = (payload: unknown) => {
    device.alerts.length = 0;
    device.receive(push(payload));
    return device.alerts;
  };
  assert.deepEqual(shown({ aps: mutable, mailbadge: { v: 1, preview } }), [{ title: 'Ben', body: 'Lunch?' }]);
  assert.deepEqual(shown({ aps: { badge: 1, alert }, mailbadge: { preview } }), [alert], 'not mutable');
  assert.deepEqual(shown({ aps: { alert: 'New mail' } }), [alert]);
  assert.deepEqual(shown({ aps: { badge: 1, 'mutable-content': 1 }, mailbadge: { preview } }), []);
  const others = setUp().device.extension.keys;
  assert.notDeepEqual(others, device.extension.keys);
  for (const unreadable of ['', 'AAAA', encrypted({ v: 2 }), encrypted('x')])
    assert.deepEqual(shown({ aps: mutable, mailbadge: { v: 1, preview: unreadable } }), [alert]);
});
