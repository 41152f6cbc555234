// The FCM provider against the strict simulator, over real TLS and HTTP/2: every answer, and every way to lose one.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createFcmProvider } from '../../src/relay/providers/fcm/fcm.ts';
import type { ProviderAnswer } from '../../src/relay/providers/provider.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { badgeFor, countAccepted, type FcmFixture, startFcm, targetOf } from '../fixtures/fcm.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { until } from '../fixtures/until.ts';

const hourMs = 3_600_000;

const clock = new RunningClock();

async function deliverMany(
  { provider, device }: FcmFixture,
  count: number,
  inFlight: number,
): Promise<ProviderAnswer[]> {
  const answers: ProviderAnswer[] = [];
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      answers.push(await provider.deliver(badgeFor(device, { badge: started, rev: started })));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return answers;
}

test('a badge is a data message with the members that were agreed, and the app shows it', async () => {
  await using fcm = await startFcm();
  const preview = 'AAAA';
  const answer = await fcm.provider.deliver(badgeFor(fcm.device, { badge: 7, rev: 12, preview }));
  assert.equal(fcm.device.badge, 7);
  const [message] = fcm.device.received;
  assert.ok(message !== undefined);
  const { data, collapseKey, priority, notification, messageId, ttlMs } = message;
  assert.deepEqual(answer, { kind: 'accepted', providerId: messageId });
  assert.deepEqual(data, { v: '1', kind: 'badge', badge: '7', rev: '12', preview });
  assert.deepEqual(
    { collapseKey, priority, notification },
    { collapseKey: 'icon', priority: 'NORMAL', notification: undefined },
  );
  assert.ok(Math.abs(ttlMs - 24 * hourMs) < 5000);
});

test('the time to live is at most four weeks, and zero once the subscription ended', async () => {
  await using fcm = await startFcm();
  const now = clock.now();
  await fcm.provider.deliver(badgeFor(fcm.device, { expiresAt: now + 90 * 24 * hourMs }));
  await fcm.provider.deliver(badgeFor(fcm.device, { expiresAt: now - 1 }));
  assert.deepEqual(
    fcm.device.received.map(({ ttlMs }) => ttlMs),
    [28 * 24 * hourMs, 0],
  );
});

test('a visible notification counts up and down, is replaced, and is taken away by data alone', async () => {
  await using fcm = await startFcm();
  const show = (badge: number, rev: number) =>
    fcm.provider.deliver(badgeFor(fcm.device, { badge, rev, presentation: 'notification' }));
  for (const [index, badge] of [3, 5, 2, 0, 1].entries()) {
    assert.equal((await show(badge, index)).kind, 'accepted');
    assert.equal(fcm.device.badge, badge);
  }
  assert.deepEqual(
    fcm.device.received.map(({ priority, notification }) => [
      priority,
      notification?.tag,
      notification?.count,
    ]),
    [
      ['HIGH', 'mailbadge', 3],
      ['HIGH', 'mailbadge', 5],
      ['HIGH', 'mailbadge', 2],
      ['NORMAL', undefined, undefined],
      ['HIGH', 'mailbadge', 1],
    ],
  );
});

test('a badge that comes late changes nothing', async () => {
  await using fcm = await startFcm();
  await fcm.provider.deliver(badgeFor(fcm.device, { badge: 2, rev: 8 }));
  await fcm.provider.deliver(badgeFor(fcm.device, { badge: 9, rev: 7 }));
  assert.equal(fcm.device.badge, 2);
});

test('a phone that was away gets the newest badge alone', async () => {
  await using fcm = await startFcm();
  fcm.device.goOffline();
  for (const badge of [1, 2, 3]) await fcm.provider.deliver(badgeFor(fcm.device, { badge, rev: badge }));
  assert.equal(fcm.device.stored.length, 1);
  fcm.device.goOnline();
  assert.deepEqual(fcm.device.badges, [3]);
});

test('a challenge wakes the app at once and brings the code', async () => {
  await using fcm = await startFcm();
  const answer = await fcm.provider.challenge({
    id: crypto.randomUUID(),
    traceId: '0'.repeat(32),
    target: targetOf(fcm.device),
    code: 'the-code',
    notAfter: clock.now() + 5000,
  });
  assert.equal(answer.kind, 'accepted');
  assert.equal(await fcm.device.waitForCode(), 'the-code');
  const [{ priority, ttlMs, collapseKey } = assert.fail()] = fcm.device.received;
  assert.deepEqual(
    { priority, ttlMs, collapseKey },
    { priority: 'HIGH', ttlMs: 600_000, collapseKey: undefined },
  );
});

test('what FCM itself refuses is told apart: gone, foreign, no Android, unknown', async () => {
  await using fcm = await startFcm();
  const deliver = async (device = fcm.device) => fcm.provider.deliver(badgeFor(device));
  const foreign = fcm.simulator.registerDevice({ projectId: 'another-project' });
  const apple = fcm.simulator.registerDevice({ platform: 'other' });
  assert.deepEqual(await deliver(foreign), { kind: 'unknown-target', reason: 'SENDER_ID_MISMATCH' });
  assert.deepEqual(await deliver(apple), { kind: 'unknown-target', reason: 'THIRD_PARTY_AUTH_ERROR' });
  const target = { provider: 'fcm', token: 'x'.repeat(150) } as const;
  assert.deepEqual(await fcm.provider.deliver(badgeFor(fcm.device, { target })), {
    kind: 'unknown-target',
    reason: 'INVALID_TOKEN',
  });
  fcm.device.uninstall();
  const before = clock.now();
  const gone = await deliver();
  assert.ok(gone.kind === 'gone' && gone.reason === 'UNREGISTERED');
  assert.ok(gone.since >= before && gone.since <= clock.now());
  assert.equal(fcm.simulator.tokens.granted, 1, 'none of them was taken for an old access token');
});

test('a message that is too big is the message’s fault', async () => {
  await using fcm = await startFcm();
  const answer = await fcm.provider.deliver(badgeFor(fcm.device, { preview: 'A'.repeat(4100) }));
  assert.deepEqual(answer, { kind: 'unacceptable', tooLarge: true, reason: 'MESSAGE_TOO_BIG' });
});

test('a device’s quota and the project’s are two things, and both say for how long', async () => {
  await using fcm = await startFcm({ deviceMessagesPerMinute: 2, projectMessagesPerMinute: 4 });
  const other = fcm.simulator.registerDevice();
  await deliverMany(fcm, 2, 1);
  const device = await fcm.provider.deliver(badgeFor(fcm.device));
  assert.ok(device.kind === 'throttled' && device.scope === 'target');
  assert.equal((await fcm.provider.deliver(badgeFor(other))).kind, 'accepted');
  const project = await fcm.provider.deliver(badgeFor(other));
  assert.ok(project.kind === 'throttled' && project.scope === 'app');
  for (const { reason, retryAfterMs = 0 } of [device, project]) {
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, `${reason} ${retryAfterMs}`);
  }
});

const injected: [string, Parameters<FcmFixture['simulator']['inject']>[0], Partial<ProviderAnswer>][] = [
  [
    '429 without Retry-After waits a minute',
    { kind: 'answer', status: 429, reason: 'RESOURCE_EXHAUSTED', errorCode: 'QUOTA_EXCEEDED' },
    { kind: 'throttled', scope: 'app', reason: 'QUOTA_EXCEEDED', retryAfterMs: 60_000 },
  ],
  [
    '429 with Retry-After',
    { kind: 'answer', status: 429, reason: 'RESOURCE_EXHAUSTED', headers: { 'retry-after': '7' } },
    { kind: 'throttled', scope: 'app', reason: 'RESOURCE_EXHAUSTED', retryAfterMs: 7000 },
  ],
  [
    '500',
    { kind: 'answer', status: 500, reason: 'INTERNAL', errorCode: 'INTERNAL' },
    { kind: 'unavailable', reason: 'INTERNAL' },
  ],
  [
    '503 with Retry-After',
    {
      kind: 'answer',
      status: 503,
      reason: 'UNAVAILABLE',
      errorCode: 'UNAVAILABLE',
      headers: { 'retry-after': '3' },
    },
    { kind: 'unavailable', reason: 'UNAVAILABLE', retryAfterMs: 3000 },
  ],
  ['502 as a page of HTML', { kind: 'answer', status: 502 }, { kind: 'unavailable', reason: 'unknown-502' }],
  [
    '404 as a page of HTML',
    { kind: 'answer', status: 404 },
    { kind: 'misconfigured', reason: 'unknown-404' },
  ],
  [
    '403',
    { kind: 'answer', status: 403, reason: 'PERMISSION_DENIED' },
    { kind: 'misconfigured', reason: 'PERMISSION_DENIED' },
  ],
  [
    '400 of another kind',
    { kind: 'answer', status: 400, reason: 'FAILED_PRECONDITION' },
    { kind: 'unacceptable', reason: 'unknown-400' },
  ],
  [
    'a page that claims success',
    { kind: 'answer', status: 204 },
    { kind: 'outcome-unknown', reason: 'unknown-204' },
  ],
];
for (const [what, fault, expected] of injected) {
  test(`${what} is judged`, async () => {
    await using fcm = await startFcm();
    fcm.simulator.inject(fault);
    assert.deepEqual(await fcm.provider.deliver(badgeFor(fcm.device)), expected);
    assert.equal(
      (await fcm.provider.deliver(badgeFor(fcm.device))).kind,
      'accepted',
      'the next one is not concerned',
    );
  });
}

test('a graceful GOAWAY every 200 streams loses none of 3,000 messages, and repeats none', async () => {
  await using fcm = await startFcm({ deviceMessagesPerMinute: 10_000 });
  const accepted = countAccepted(fcm);
  fcm.simulator.goawayEvery = 200;
  const answers = await deliverMany(fcm, 3000, 200);
  assert.deepEqual(
    answers.filter(({ kind }) => kind !== 'accepted'),
    [],
  );
  assert.equal(accepted(), 3000);
  assert.ok(fcm.accounts.open(fcm.config).origin.counts.connectionsOpened >= 15);
});

test('a GOAWAY with an error: what is above its last stream is resent, the rest is unknown', async () => {
  await using fcm = await startFcm();
  const accepted = countAccepted(fcm);
  await fcm.provider.deliver(badgeFor(fcm.device));
  fcm.simulator.inject({ kind: 'stall', accept: true }, { times: 5 });
  fcm.simulator.inject({ kind: 'goaway', code: 2 });
  const answers = await deliverMany(fcm, 20, 20);
  assert.equal(answers.filter(({ kind }) => kind === 'outcome-unknown').length, 5);
  assert.equal(answers.filter(({ kind }) => kind === 'accepted').length, 15);
  assert.equal(accepted(), 21);
});

test('REFUSED_STREAM is resent at once; another reset, a stall and a lost connection are unknown', async () => {
  const moving = new RunningClock();
  await using fcm = await startFcm({ clock: moving, timeouts: { quietMs: hourMs } });
  const deliver = () => fcm.provider.deliver(badgeFor(fcm.device, {}, moving.now()));
  fcm.simulator.inject({ kind: 'reset', code: 7 }, { times: 3 });
  assert.equal((await deliver()).kind, 'accepted');
  fcm.simulator.inject({ kind: 'reset', code: 2, accept: true });
  assert.deepEqual(await deliver(), { kind: 'outcome-unknown', reason: 'stream-reset-2' });
  fcm.simulator.inject({ kind: 'stall' });
  const stalled = deliver();
  await until('the request stalls', () => fcm.simulator.pendingFaults === 0);
  moving.putForward(5000);
  assert.deepEqual(await stalled, { kind: 'outcome-unknown', reason: 'connection-lost' }, 'silent: replaced');
  fcm.simulator.inject({ kind: 'drop', accept: true });
  assert.deepEqual(await deliver(), { kind: 'outcome-unknown', reason: 'connection-lost' });
  assert.equal((await deliver()).kind, 'accepted');
});

test('another project is our configuration', async () => {
  await using fcm = await startFcm({ config: { project_id: 'another-project' } });
  assert.deepEqual(await fcm.provider.deliver(badgeFor(fcm.device)), {
    kind: 'misconfigured',
    reason: 'PERMISSION_DENIED',
  });
});

test('nothing is started after notAfter', async () => {
  await using fcm = await startFcm();
  const accepted = countAccepted(fcm);
  const answer = await fcm.provider.deliver(badgeFor(fcm.device, { notAfter: clock.now() - 1 }));
  assert.deepEqual(answer, { kind: 'not-started', reason: 'not-after-passed' });
  assert.equal(accepted(), 0);
});

test('no secret is in the log, whatever fails', async () => {
  let logged = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  await using fcm = await startFcm({ logger: createLogger({ name: 'test', level: 'debug', destination }) });
  fcm.simulator.inject({ kind: 'token', status: 400, error: 'invalid_grant' });
  await fcm.provider.deliver(badgeFor(fcm.device));
  fcm.simulator.dropConnections();
  assert.match(logged, /no new access token/);
  const { private_key } = fcm.simulator.serviceAccountKey;
  for (const secret of [fcm.device.token, 'ya29.', 'eyJ', private_key.split('\n')[1] ?? '']) {
    assert.ok(!logged.includes(secret));
  }
});

test('a key file that is none is a wrong configuration, which names the file and nothing in it', async () => {
  await using fcm = await startFcm();
  const { service_account_file } = fcm.config;
  const good = fcm.simulator.serviceAccountKey;
  const files: [string, RegExp][] = [
    ['not JSON', /is not the key of a service account/],
    [JSON.stringify({ project_info: {} }), /"type".*"client_email"/],
    [JSON.stringify({ ...good, private_key: 'secret' }), /"private_key".*RSA/],
    [JSON.stringify({ ...good, token_uri: 'http://127.0.0.1/' }), /"token_uri"/],
  ];
  for (const [text, expected] of files) {
    writeFileSync(service_account_file, text);
    assert.throws(
      () => createFcmProvider(fcm.config, { accounts: fcm.accounts, clock }),
      (error: Error & { code?: string }) =>
        error.code === 'config-invalid' && expected.test(error.message) && !error.message.includes('secret'),
    );
  }
});
