import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { seededRandom } from '../../runtime/random.ts';
import { parseDeviceKeys, pointOf } from '../../runtime/webpush/device-keys.ts';
import { encryptForDevice, newEphemeralKey } from '../../runtime/webpush/encrypt.ts';
import { type DeviceEvent, type DeviceOptions, SimulatedWebDevice } from './device.ts';

const random = seededRandom(3);
const applicationServerKey = pointOf(newEphemeralKey().privateKey).toString('base64url');

function setUp(options: Partial<DeviceOptions> = {}) {
  const clock = new ManualClock();
  const events: string[] = [];
  const emit = (event: DeviceEvent): void => {
    events.push(event.type === 'ignored' ? event.reason : event.type);
  };
  const device = new SimulatedWebDevice({
    applicationServerKey,
    online: true,
    silentPushes: Number.POSITIVE_INFINITY,
    ...options,
    token: 'token',
    endpoint: 'https://localhost:9443/wpush/v2/token',
    clock,
    random,
    emit,
  });
  const keys = parseDeviceKeys(device.keys);
  assert.ok(keys);
  const push = (payload: object, { topic, ttlMs = 60_000 }: { topic?: string; ttlMs?: number } = {}) =>
    device.receive({
      messageId: random.uuid(),
      topic,
      expiresAt: clock.now() + ttlMs,
      body: encryptForDevice(keys, Buffer.from(JSON.stringify(payload)), { random }),
    });
  return { device, clock, events, push };
}

function badge(value: number, rev: number, presentation = 'badge') {
  return { v: 1, kind: 'badge', subscription: 'icon', badge: value, rev, presentation };
}

test('shows badges in order and ignores an older one', () => {
  const { device, events, push } = setUp();
  push(badge(1, 1));
  push(badge(3, 3));
  push(badge(2, 2));
  push(badge(3, 3)); // a repetition
  assert.deepEqual(device.badges, [1, 3, 3]);
  assert.deepEqual(events, ['shown', 'shown', 'older-rev', 'shown']);
});

test('offline: the newest of a topic is kept, what expired is dropped, TTL 0 never waits', async () => {
  const { device, clock, push } = setUp({ online: false });
  push(badge(1, 1), { topic: 'icon' });
  push(badge(2, 2), { topic: 'icon' });
  push({ v: 1, kind: 'challenge', code: 'late' }, { ttlMs: 1000 });
  push({ v: 1, kind: 'challenge', code: 'never' }, { ttlMs: 0 });
  assert.equal(device.storedCount, 2);
  await clock.advance(1000);
  device.goOnline();
  assert.deepEqual(device.badges, [2]);
  assert.deepEqual(device.codes.untaken, []);
  assert.equal(device.storedCount, 0);
});

test('hands over each registration code once, waiting for it', async () => {
  const { device, push } = setUp();
  const code = device.waitForCode();
  push({ v: 1, kind: 'challenge', code: 'first' });
  push({ v: 1, kind: 'challenge', code: 'second' });
  assert.equal(await code, 'first');
  assert.equal(await device.waitForCode(), 'second');
  await assert.rejects(device.waitForCode({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});

test('what it cannot read changes nothing', () => {
  const { device, events, push } = setUp();
  push({ hello: 'world' });
  device.receive({ messageId: 'x', topic: undefined, expiresAt: 1, body: Buffer.alloc(200) });
  assert.deepEqual(events, ['unreadable', 'undecryptable']);
  assert.deepEqual(device.badges, []);
});

test('a browser that forbids silent pushes ends the subscription at the sixteenth', () => {
  const { device, push } = setUp({ silentPushes: 16 });
  for (let rev = 1; rev <= 15; rev += 1) push(badge(rev, rev));
  for (let rev = 16; rev <= 40; rev += 1) push(badge(rev, rev, 'notification'));
  assert.deepEqual([device.gone, device.notification], [false, { badge: 40 }]);
  push(badge(41, 41));
  assert.equal(device.gone, true);
});

const message = (notification: object = {}) => ({
  web_push: 8030,
  notification: {
    title: 'Ben',
    body: 'Lunch?',
    navigate: 'https://push.fabrikam.com/app/',
    app_badge: '3',
    ...notification,
  },
});

test('a browser that knows declarative messages shows them itself', () => {
  const { device, events, push } = setUp({ declarative: true, silentPushes: 1 });
  push(message());
  assert.deepEqual(device.notification, { badge: 3, title: 'Ben', body: 'Lunch?' });
  push(message({ app_badge: 0 }));
  push(message({ app_badge: undefined }));
  assert.deepEqual([device.badges, device.gone], [[3, 0], false]);
  assert.deepEqual(events, ['shown', 'shown', 'shown']);
});

test('a declarative message that WebKit refuses shows nothing', () => {
  const wrong = [
    { web_push: 8030 },
    { ...message(), web_push: '8030' },
    message({ title: '' }),
    message({ title: undefined }),
    message({ navigate: '/app/' }),
    message({ navigate: undefined }),
    message({ app_badge: '-1' }),
    message({ app_badge: 1.5 }),
    message({ silent: 'yes' }),
  ];
  for (const payload of wrong) {
    const { device, events, push } = setUp({ declarative: true });
    push(payload);
    assert.deepEqual([events, device.notification], [['unreadable'], undefined], JSON.stringify(payload));
  }
});

test('elsewhere the worker gets the badge that stands beside it, with its preview', () => {
  const { device, events, push } = setUp();
  const preview = { mailbox: 'anna', from: 'Ben', subject: 'Lunch?', receivedAt: 1 };
  push({
    ...message({ tag: 'icon', lang: 'en', silent: true, mutable: false }),
    app_badge: 3,
    mutable: false,
    mailbadge: { ...badge(3, 7, 'notification'), preview },
  });
  assert.deepEqual(device.notification, { badge: 3, title: 'Ben', body: 'Lunch?' });
  push(badge(2, 6, 'notification'));
  assert.deepEqual([events, device.badge], [['shown', 'older-rev'], 3]);
});
