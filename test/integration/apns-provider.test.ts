// The APNs provider against the strict simulator, over real TLS and HTTP/2: what it sends, and every answer. The ways to
// lose one are in apns-connections.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishLimits } from '../../src/contract/publishing.ts';
import { createApnsProvider } from '../../src/relay/providers/apns/apns.ts';
import type { ProviderAnswer } from '../../src/relay/providers/provider.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { parseDeviceKeys } from '../../src/runtime/webpush/device-keys.ts';
import { encryptForDevice } from '../../src/runtime/webpush/encrypt.ts';
import { type ApnsFixture, badgeFor, countAccepted, startApns, targetOf, topic } from '../fixtures/apns.ts';
import { RunningClock } from '../fixtures/running-clock.ts';

const clock = new RunningClock();

test('a badge reaches the device with the headers and the payload that were agreed', async () => {
  await using apns = await startApns();
  const notification = badgeFor(apns.device, { badge: 7 });
  const answer = await apns.provider.deliver(notification);
  assert.deepEqual(answer, { kind: 'accepted', providerId: notification.id });
  assert.equal(apns.device.badge, 7);
  const [push] = apns.device.shown;
  assert.ok(push !== undefined);
  const { acceptedAt, ...sent } = push;
  assert.deepEqual(sent, {
    apnsId: notification.id,
    pushType: 'alert',
    priority: 10,
    expiresAt: Math.floor(notification.expiresAt / 1000) * 1000,
    collapseId: 'icon',
    payload: { aps: { badge: 7 } },
  });
});

/** As the proxy encrypts it: longer than any that it sends. */
function previewFor(apns: ApnsFixture, subject: string): string {
  const keys = parseDeviceKeys(apns.device.extension.keys);
  assert.ok(keys);
  const preview = { mailbox: 'anna', from: 'Ben', subject, receivedAt: 1 };
  const payload = { v: 1, kind: 'preview', subscription: 'icon', rev: 1, preview };
  const paddedBytes = publishLimits.previewBytes - 103;
  const options = { random: systemRandom, paddedBytes };
  return encryptForDevice(keys, Buffer.from(JSON.stringify(payload)), options).toString('base64url');
}

test('a preview goes as an alert that the extension decrypts, and the next badge has none', async () => {
  await using apns = await startApns();
  const preview = previewFor(apns, 'Lunch?');
  await apns.provider.deliver(badgeFor(apns.device, { badge: 3, preview }));
  assert.deepEqual(apns.device.alerts, [{ title: 'Ben', body: 'Lunch?' }]);
  const [push] = apns.device.shown;
  assert.deepEqual([push?.collapseId, push?.pushType], ['icon', 'alert']);
  assert.deepEqual(push?.payload, {
    aps: { badge: 3, alert: { body: 'New mail' }, 'mutable-content': 1 },
    mailbadge: { v: 1, preview },
  });
  await apns.provider.deliver(badgeFor(apns.device, { badge: 2 }));
  assert.deepEqual([apns.device.badge, apns.device.alerts.length], [2, 1]);
});

test('the longest preview beside the longest words for its absence is within what APNs takes', async () => {
  await using apns = await startApns({ config: { preview_alert: '\u0001'.repeat(100) } });
  const preview = previewFor(apns, 'Lunch?');
  assert.equal(preview.length, 2731);
  const answer = await apns.provider.deliver(badgeFor(apns.device, { badge: 2_147_483_647, preview }));
  assert.equal(answer.kind, 'accepted');
});

test('the expiration is at most 30 days ahead, and zero once the subscription ended', async () => {
  await using apns = await startApns();
  const now = clock.now();
  await apns.provider.deliver(
    badgeFor(apns.device, { expiresAt: now + 90 * 24 * 3_600_000, collapseKey: 'far' }),
  );
  await apns.provider.deliver(badgeFor(apns.device, { expiresAt: now - 1, badge: 0, collapseKey: 'past' }));
  const [far, past] = apns.device.shown;
  const month = 30 * 24 * 3_600_000;
  const expiresAt = far?.expiresAt ?? 0;
  assert.ok(expiresAt > now + month - 1000 && expiresAt <= clock.now() + month); // in whole seconds
  assert.equal(past?.expiresAt, 0);
  assert.equal(apns.device.badge, 0);
});

test('a challenge wakes the app in the background and brings the code', async () => {
  await using apns = await startApns();
  const answer = await apns.provider.challenge({
    id: crypto.randomUUID(),
    traceId: '0'.repeat(32),
    target: targetOf(apns.device),
    code: 'the-code',
    notAfter: clock.now() + 5000,
  });
  assert.equal(answer.kind, 'accepted');
  assert.equal(await apns.device.waitForCode(), 'the-code');
  assert.equal(apns.device.backgroundWakes, 1);
  assert.deepEqual(apns.device.shown, []);
});

test('production and sandbox are separate, and a token of the other is unknown', async () => {
  await using apns = await startApns();
  const sandboxed = apns.simulator.registerDevice({ topic, environment: 'sandbox' });
  assert.equal((await apns.provider.deliver(badgeFor(sandboxed))).kind, 'accepted');
  assert.equal((await apns.provider.deliver(badgeFor(apns.device))).kind, 'accepted');
  const target = { ...targetOf(sandboxed), environment: 'production' as const };
  assert.deepEqual(await apns.provider.deliver(badgeFor(sandboxed, { target })), {
    kind: 'unknown-target',
    reason: 'BadDeviceToken',
  });
});

test('apps with the same team and key share connections and token', async () => {
  await using apns = await startApns();
  const other = apns.simulator.registerDevice({ topic: 'com.fabrikam.calendar' });
  await using provider = createApnsProvider({ ...apns.config, topic: other.topic }, { ...apns, clock });
  await Promise.all([apns.provider.deliver(badgeFor(apns.device)), provider.deliver(badgeFor(other))]);
  assert.equal(apns.simulator.connectionCount, 1);
});

test('429 and 503 say for how long', async () => {
  await using apns = await startApns();
  const ask = async (status: number, reason: string, retryAfter?: string): Promise<ProviderAnswer> => {
    const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
    apns.simulator.inject({ kind: 'answer', status, reason, headers });
    return apns.provider.deliver(badgeFor(apns.device));
  };
  assert.deepEqual(await ask(429, 'TooManyRequests', '30'), {
    kind: 'throttled',
    scope: 'target',
    reason: 'TooManyRequests',
    retryAfterMs: 30_000,
  });
  const inAMinute = await ask(503, 'ServiceUnavailable', new Date(clock.now() + 60_000).toUTCString());
  assert.ok(inAMinute.kind === 'unavailable' && inAMinute.retryAfterMs !== undefined);
  assert.ok(inAMinute.retryAfterMs > 50_000 && inAMinute.retryAfterMs <= 60_000);
  assert.deepEqual(await ask(503, 'Shutdown'), { kind: 'unavailable', reason: 'Shutdown' });
});

test('a device that is gone is reported with the time that APNs gives', async () => {
  await using apns = await startApns();
  apns.device.uninstall();
  const since = apns.device.uninstalledAt;
  assert.ok(since !== undefined);
  assert.deepEqual(await apns.provider.deliver(badgeFor(apns.device)), {
    kind: 'gone',
    since,
    reason: 'Unregistered',
  });
});

test('a wrong key is our configuration, and never the device', async () => {
  await using other = await startApns();
  await using apns = await startApns({ config: { key_file: other.config.key_file } });
  assert.deepEqual(await apns.provider.deliver(badgeFor(apns.device)), {
    kind: 'misconfigured',
    reason: 'InvalidProviderToken',
  });
});

test('nothing is started after notAfter', async () => {
  await using apns = await startApns();
  const accepted = countAccepted(apns);
  const answer = await apns.provider.deliver(badgeFor(apns.device, { notAfter: clock.now() - 1 }));
  assert.deepEqual(answer, { kind: 'not-started', reason: 'not-after-passed' });
  assert.equal(accepted.size, 0);
});
