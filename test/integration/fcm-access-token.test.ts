// The access token of FCM against the strict simulator, from its first minute to its last: who waits for it, what its
// refusals mean, and what they never mean.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createFcmProvider } from '../../src/relay/providers/fcm/fcm.ts';
import { badgeFor, countAccepted, type FcmFixture, startFcm } from '../fixtures/fcm.ts';
import { RunningClock } from '../fixtures/running-clock.ts';
import { until } from '../fixtures/until.ts';

const hourMs = 3_600_000;

/** Real time, and as much more as a test says. */
class AdvancedClock extends RunningClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
  override monotonic(): number {
    return super.monotonic() + this.aheadMs;
  }
}
const clock = new RunningClock();

test('apps of one service account share its token and its connection', async () => {
  await using fcm = await startFcm();
  await using other = createFcmProvider(fcm.config, { accounts: fcm.accounts, clock });
  const badge = badgeFor(fcm.device);
  await Promise.all([fcm.provider.deliver(badge), other.deliver(badge)]);
  assert.equal(fcm.simulator.tokens.granted, 1);
  assert.equal(fcm.simulator.connectionCount, 1);
});

test('the token is renewed beside the sending, and a failed renewal takes nothing away', async () => {
  const ahead = new AdvancedClock();
  await using fcm = await startFcm({ clock: ahead, simulatorClock: ahead });
  const deliver = () => fcm.provider.deliver(badgeFor(fcm.device, {}, ahead.now()));
  assert.equal((await deliver()).kind, 'accepted');
  assert.equal(fcm.simulator.tokens.granted, 1);

  ahead.aheadMs = 50 * 60_000; // in its last quarter
  fcm.simulator.inject({ kind: 'token', status: 503 });
  assert.equal((await deliver()).kind, 'accepted');
  await until('the renewal failed', () => fcm.simulator.pendingFaults === 0);
  assert.equal(fcm.simulator.tokens.granted, 1);

  ahead.aheadMs += 60_000; // after the back-off
  await until('it was tried again', async () => {
    assert.equal((await deliver()).kind, 'accepted');
    return fcm.simulator.tokens.granted === 2;
  });
  ahead.aheadMs += 45 * 60_000; // the first one is long over
  assert.equal((await deliver()).kind, 'accepted');
});

test('a burst after a long silence asks for one token, and waits for it', async () => {
  const ahead = new AdvancedClock();
  await using fcm = await startFcm({ clock: ahead, simulatorClock: ahead });
  ahead.aheadMs = 5 * hourMs;
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => fcm.provider.deliver(badgeFor(fcm.device, {}, ahead.now()))),
  );
  assert.ok(answers.every(({ kind }) => kind === 'accepted'));
  assert.equal(fcm.simulator.tokens.granted, 1);
});

test('a token that FCM does not know any more is replaced once, and everything goes again with the new one', async () => {
  const ahead = new AdvancedClock();
  await using fcm = await startFcm({ clock: ahead, simulatorClock: ahead });
  const deliver = () => fcm.provider.deliver(badgeFor(fcm.device, {}, ahead.now()));
  await deliver();
  ahead.aheadMs = 5 * 60_000;
  fcm.simulator.tokens.revoke();
  const answers = await Promise.all(Array.from({ length: 50 }, deliver));
  assert.ok(answers.every(({ kind }) => kind === 'accepted'));
  assert.equal(fcm.simulator.tokens.granted, 2);
  fcm.simulator.tokens.revoke(); // and again, at once: that is not the token's age
  assert.deepEqual(await deliver(), { kind: 'misconfigured', reason: 'UNAUTHENTICATED' });
  assert.equal(fcm.simulator.tokens.granted, 2);
});

const unauthenticated = { kind: 'answer', status: 401, reason: 'UNAUTHENTICATED' } as const;

test('one 401 is no configuration error: the message goes again, and only a second one counts', async () => {
  await using fcm = await startFcm();
  const accepted = countAccepted(fcm);
  fcm.simulator.inject(unauthenticated);
  assert.equal((await fcm.provider.deliver(badgeFor(fcm.device))).kind, 'accepted');
  assert.equal(accepted(), 1);
  assert.equal(fcm.simulator.tokens.granted, 1, 'a token this young is not replaced');
  fcm.simulator.inject(unauthenticated, { times: 3 });
  const refused = await fcm.provider.deliver(badgeFor(fcm.device));
  assert.deepEqual(refused, { kind: 'misconfigured', reason: 'UNAUTHENTICATED' });
  assert.equal(fcm.simulator.pendingFaults, 1, 'asked twice, not more often');
});

test('without a fresh token a 401 is what kept the token away', async () => {
  const ahead = new AdvancedClock();
  await using fcm = await startFcm({ clock: ahead, simulatorClock: ahead });
  const accepted = countAccepted(fcm);
  const deliver = () => fcm.provider.deliver(badgeFor(fcm.device, {}, ahead.now()));
  await deliver();
  ahead.aheadMs = 5 * 60_000;
  fcm.simulator.inject(unauthenticated);
  fcm.simulator.inject({ kind: 'token', status: 503 });
  const answer = await deliver();
  assert.deepEqual(
    [answer.kind, 'reason' in answer && answer.reason],
    ['unavailable', 'token-endpoint-failed'],
  );
  assert.equal(accepted(), 1);
  assert.equal((await deliver()).kind, 'accepted', 'with the token that is still held');
});

const tokenFaults: [string, Parameters<FcmFixture['simulator']['inject']>[0], string, string][] = [
  [
    'invalid_grant',
    { kind: 'token', status: 400, error: 'invalid_grant' },
    'misconfigured',
    'token-invalid_grant',
  ],
  [
    'an error nobody knows',
    { kind: 'token', status: 400, error: 'x'.repeat(60) },
    'misconfigured',
    'token-refused',
  ],
  [
    'a redirect',
    { kind: 'token', status: 302, headers: { location: 'https://127.0.0.1/' } },
    'misconfigured',
    'token-refused',
  ],
  ['503', { kind: 'token', status: 503 }, 'unavailable', 'token-endpoint-failed'],
  ['a page that claims success', { kind: 'token', status: 200 }, 'unavailable', 'token-endpoint-failed'],
];
for (const [what, fault, kind, reason] of tokenFaults) {
  test(`without a token nothing is sent: ${what}`, async () => {
    const ahead = new AdvancedClock();
    await using fcm = await startFcm({ clock: ahead, simulatorClock: ahead });
    const accepted = countAccepted(fcm);
    fcm.simulator.inject(fault);
    const deliver = () => fcm.provider.deliver(badgeFor(fcm.device, {}, ahead.now()));
    for (const answer of await Promise.all([deliver(), deliver()])) {
      assert.deepEqual([answer.kind, 'reason' in answer && answer.reason], [kind, reason]);
    }
    assert.equal((await deliver()).kind, kind, 'the endpoint is not asked again at once');
    assert.equal(accepted() + fcm.simulator.tokens.granted, 0);
    ahead.aheadMs = 60_000;
    assert.equal((await deliver()).kind, 'accepted');
  });
}

test('a delay that the token endpoint asks for is kept', async () => {
  await using fcm = await startFcm();
  fcm.simulator.inject({ kind: 'token', status: 429, error: 'x', headers: { 'retry-after': '120' } });
  const answer = await fcm.provider.deliver(badgeFor(fcm.device));
  assert.ok(answer.kind === 'unavailable' && (answer.retryAfterMs ?? 0) > 110_000);
});

test('a key that is not the account’s, a clock that is wrong, another account: our configuration, never the device', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
    type: 'pkcs8',
    format: 'pem',
  });
  for (const key of [{ private_key: pem }, { client_email: 'other@fabrikam.iam.gserviceaccount.com' }]) {
    await using fcm = await startFcm({ key });
    const answer = await fcm.provider.deliver(badgeFor(fcm.device));
    assert.deepEqual(answer, { kind: 'misconfigured', reason: 'token-invalid_grant' });
  }
  const late = new AdvancedClock();
  late.aheadMs = -2 * hourMs;
  await using fcm = await startFcm({ clock: late, simulatorClock: clock });
  const answer = await fcm.provider.deliver(badgeFor(fcm.device, {}, late.now()));
  assert.deepEqual(answer, { kind: 'misconfigured', reason: 'token-invalid_grant' });
});

test('a token endpoint that cannot be reached, or is not trusted, is unreachable', async () => {
  await using away = await startFcm({ key: { token_uri: 'https://localhost:1/token' } });
  const unreachable = await away.provider.deliver(badgeFor(away.device));
  assert.ok(unreachable.kind === 'unavailable' && unreachable.reason === 'unreachable');
  await using other = await startFcm();
  await using distrusting = await startFcm({ config: { ca_file: other.config.ca_file ?? '' } });
  const distrusted = await distrusting.provider.deliver(badgeFor(distrusting.device));
  assert.ok(distrusted.kind === 'unavailable' && distrusted.reason === 'unreachable');
});
