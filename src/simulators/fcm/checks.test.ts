import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import type { ServedRequest } from '../faulty-http2-server.ts';
import { type CheckContext, checkRequest, messagingScope } from './checks.ts';
import { type DeviceOptions, SimulatedAndroid } from './device.ts';
import { RateWindow } from './rate-window.ts';
import { answerOf } from './refusals.ts';

const clock = new ManualClock();
const path = '/v1/projects/fabrikam/messages:send';
const good = {
  token: 'phone',
  data: { kind: 'badge', badge: '3' },
  android: {
    collapse_key: 'icon',
    priority: 'HIGH',
    ttl: '60s',
    notification: { tag: 'mailbadge', notification_count: 3, body_loc_args: ['3'] },
  },
};

function phone(token: string, options: Partial<DeviceOptions> = {}): SimulatedAndroid {
  return new SimulatedAndroid({
    token,
    projectId: 'fabrikam',
    platform: 'android',
    notificationPermission: true,
    online: true,
    inFront: false,
    ...options,
    clock,
    emit: () => {},
  });
}

const gone = phone('gone');
gone.uninstall();
const devices = new Map(
  [
    phone('phone'),
    gone,
    phone('foreign', { projectId: 'contoso' }),
    phone('apple', { platform: 'other' }),
  ].map(device => [device.token, device]),
);

const context: CheckContext = {
  projectId: 'fabrikam',
  scopesOf: token => ({ good: [messagingScope], narrow: ['email'] })[token],
  findDevice: token => devices.get(token),
  takeProjectQuota: () => 0,
  takeDeviceQuota: () => 0,
};

function check(
  message: unknown,
  request: Partial<Omit<ServedRequest, 'headers'>> & { headers?: Record<string, string | undefined> } = {},
  changes: Partial<CheckContext> = {},
) {
  const headers = { authorization: 'Bearer good', 'content-type': 'application/json', ...request.headers };
  const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify({ message }));
  return checkRequest(
    { method: 'POST', path, headerNames: Object.keys(headers), body, ...request, headers },
    { ...context, ...changes },
  );
}

function refusal(...parameters: Parameters<typeof check>) {
  const verdict = check(...parameters);
  assert.ok(!verdict.accepted, 'it is refused');
  return verdict.refusal;
}

test('a good message is read', () => {
  const verdict = check(good);
  assert.ok(verdict.accepted);
  const { collapseKey, priority, ttlMs, notification, data } = verdict.message;
  assert.deepEqual(
    { collapseKey, priority, ttlMs, notification, data },
    {
      collapseKey: 'icon',
      priority: 'HIGH',
      ttlMs: 60_000,
      notification: { tag: 'mailbadge', count: 3 },
      data: good.data,
    },
  );
});

test('what Google leaves out is four weeks, normal, and no notification', () => {
  const verdict = check({ token: 'phone' });
  assert.ok(verdict.accepted);
  const { ttlMs, priority, notification } = verdict.message;
  assert.deepEqual([ttlMs, priority, notification], [28 * 86_400_000, 'NORMAL', undefined]);
});

test('who asks', () => {
  const authorized = (authorization: string | undefined) =>
    refusal(good, { headers: { authorization } }).code;
  assert.equal(authorized(undefined), 'UNAUTHENTICATED');
  assert.equal(authorized('Bearer unknown'), 'UNAUTHENTICATED');
  assert.equal(authorized('Basic good'), 'UNAUTHENTICATED');
  assert.equal(authorized('Bearer narrow'), 'SCOPE_INSUFFICIENT');
  assert.equal(refusal(good, { path: '/v1/projects/contoso/messages:send' }).code, 'PERMISSION_DENIED');
  assert.equal(refusal(good, { path: '/fcm/send' }).code, 'NO_SUCH_PAGE');
  assert.equal(refusal(good, { method: 'GET' }).code, 'NO_SUCH_PAGE');
  assert.equal(refusal(good, { headerNames: ['authorization', 'authorization'] }).code, 'UNAUTHENTICATED');
});

test('what is asked: each wrong member is named', () => {
  const android = (change: object) => ({ ...good, android: { ...good.android, ...change } });
  const cases: [unknown, string][] = [
    ['{', ''],
    [{ ...good, key: 'unknown' }, 'message'],
    [{ ...good, data: { badge: 3 } }, 'message.data[0].value'],
    [{ ...good, data: { from: 'x' } }, 'message.data'],
    [{ ...good, data: { 'google.x': 'x' } }, 'message.data'],
    [{ ...good, data: { gcm_x: 'x' } }, 'message.data'],
    [{ ...good, data: { message_type: 'x' } }, 'message.data'],
    [{ data: {} }, 'message.token'],
    [android({ ttl: 60 }), 'message.android.ttl'],
    [android({ ttl: '-1s' }), 'message.android.ttl'],
    [android({ ttl: '2419201s' }), 'message.android.ttl'],
    [android({ priority: 'URGENT' }), 'message.android.priority'],
    [android({ collapseKey: 'icon' }), 'message.android'],
    [
      android({ notification: { notification_count: -1 } }),
      'message.android.notification.notification_count',
    ],
    [
      android({ notification: { notification_count: '3' } }),
      'message.android.notification.notification_count',
    ],
  ];
  for (const [message, field] of cases) {
    const found = refusal(message);
    assert.ok(found.code === 'INVALID_JSON', JSON.stringify(message));
    assert.deepEqual(
      found.violations.map(violation => violation.field),
      [field],
    );
  }
  assert.equal(refusal(good, { headers: { 'content-type': 'text/plain' } }).code, 'INVALID_JSON');
});

test('keys and values count, to 4096 bytes', () => {
  const sized = (bytes: number) => ({ token: 'phone', data: { k: 'é'.repeat(bytes / 2), x: '' } });
  assert.ok(check(sized(4094)).accepted);
  assert.equal(refusal(sized(4096)).code, 'MESSAGE_TOO_BIG');
});

test('which device', () => {
  const to = (token: string) => refusal({ ...good, token }).code;
  assert.equal(to('nobody'), 'INVALID_TOKEN');
  assert.equal(to('foreign'), 'SENDER_ID_MISMATCH');
  assert.equal(to('gone'), 'UNREGISTERED');
  assert.equal(to('apple'), 'THIRD_PARTY_AUTH_ERROR');
});

test('quotas say how long to wait', () => {
  const project = refusal(good, {}, { takeProjectQuota: () => 30 });
  const device = refusal(good, {}, { takeDeviceQuota: () => 31 });
  assert.deepEqual([project.code, device.code], ['PROJECT_QUOTA', 'DEVICE_QUOTA']);
  assert.equal(answerOf(project).headers['retry-after'], '30');
  assert.equal(answerOf(device).headers['retry-after'], '31');
});

test('a quota is refilled a minute after its first use', async () => {
  const window = new RateWindow(clock, 2);
  assert.deepEqual([window.take(), window.take(), window.take()], [0, 0, 60]);
  await clock.advance(59_500);
  assert.equal(window.take(), 1);
  await clock.advance(500);
  assert.equal(window.take(), 0);
});
