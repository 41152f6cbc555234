// The provider token against the strict simulator: what APNs says of it opens an app's breaker only where a second
// attempt does not help, and no renewal is one too many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApnsAccounts } from '../../src/relay/providers/apns/accounts.ts';
import { createApnsProvider } from '../../src/relay/providers/apns/apns.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { badgeFor, countAccepted, startApns } from '../fixtures/apns.ts';
import { RunningClock } from '../fixtures/running-clock.ts';

const expired = { kind: 'answer', status: 403, reason: 'ExpiredProviderToken' } as const;

/** Runs at the machine's pace from a time of the test's choice, since tokens are dated by the half hour. */
class ChosenClock extends RunningClock {
  #aheadMs: number;
  constructor(hour: number, minute: number) {
    super();
    this.#aheadMs = Date.UTC(2026, 0, 1, hour, minute) - super.now();
  }
  override now(): number {
    return super.now() + this.#aheadMs;
  }
  override putForward(ms: number): void {
    this.#aheadMs += ms;
  }
}

test('one ExpiredProviderToken is no configuration error: the push goes again under its id, and only a second one counts', async () => {
  for (const minute of [1, 25]) {
    const chosen = new ChosenClock(12, minute); // the token is too young to be renewed, and old enough
    await using apns = await startApns({ clock: chosen });
    const accepted = countAccepted(apns);
    apns.simulator.inject(expired);
    const notification = badgeFor(apns.device, {}, chosen.now());
    const answer = await apns.provider.deliver(notification);
    assert.deepEqual(answer, { kind: 'accepted', providerId: notification.id });
    assert.deepEqual([...accepted], [[notification.id, 1]]);
    apns.simulator.inject(expired, { times: 3 });
    const refused = await apns.provider.deliver(badgeFor(apns.device, {}, chosen.now()));
    assert.deepEqual(refused, { kind: 'misconfigured', reason: 'ExpiredProviderToken' });
    assert.equal(apns.simulator.pendingFaults, 1, 'asked twice, not more often');
  }
});

test('a token that is too old for APNs, whose clock is ahead, is renewed once, and all pushes go again with the new one', async () => {
  const relayClock = new ChosenClock(12, 24); // the token is of 12:00
  await using apns = await startApns({ clock: relayClock, simulatorClock: new ChosenClock(13, 2) });
  const accepted = countAccepted(apns);
  const refused: string[] = [];
  apns.simulator.onEvent(event => {
    if (event.type === 'refused') refused.push(event.reason);
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => apns.provider.deliver(badgeFor(apns.device, {}, relayClock.now()))),
  );
  assert.ok(answers.every(({ kind }) => kind === 'accepted'));
  assert.ok([...accepted.values()].every(times => times === 1));
  assert.deepEqual([...new Set(refused)], ['ExpiredProviderToken'], 'a second renewal would be one too many');
});

test('where the clock is wrong by more than an hour a new token is refused too, until it is right', async () => {
  const relayClock = new ChosenClock(12, 25);
  await using apns = await startApns({ clock: relayClock, simulatorClock: new ChosenClock(13, 35) });
  const first = await apns.provider.deliver(badgeFor(apns.device, {}, relayClock.now()));
  assert.deepEqual(first, { kind: 'misconfigured', reason: 'ExpiredProviderToken' });
  relayClock.putForward(70 * 60_000);
  const second = await apns.provider.deliver(badgeFor(apns.device, {}, relayClock.now()));
  assert.equal(second.kind, 'accepted');
});

test('after notAfter nothing goes again with the new token', async () => {
  const relayClock = new ChosenClock(12, 24);
  await using apns = await startApns({ clock: relayClock, simulatorClock: new ChosenClock(13, 2) });
  const accepted = countAccepted(apns);
  apns.simulator.onEvent(event => {
    if (event.type === 'refused') relayClock.putForward(60_000);
  });
  const answer = await apns.provider.deliver(badgeFor(apns.device, {}, relayClock.now()));
  assert.deepEqual(answer, { kind: 'not-started', reason: 'not-after-passed' });
  assert.equal(accepted.size, 0);
});

test('where another sender renewed its token of the same key, an older one is used until ours may be new', async () => {
  const chosen = new ChosenClock(12, 25);
  await using apns = await startApns({ clock: chosen });
  const deliver = () => apns.provider.deliver(badgeFor(apns.device, {}, chosen.now()));
  apns.simulator.inject(expired); // so that a token of 12:25 is issued, which a relay that starts now knows nothing of
  assert.equal((await deliver()).kind, 'accepted');

  await using accounts = new ApnsAccounts({ clock: chosen, random: systemRandom, logger: silentLogger });
  await using started = createApnsProvider(apns.config, { accounts, clock: chosen });
  const accepted = countAccepted(apns);
  const refused: string[] = [];
  apns.simulator.onEvent(event => {
    if (event.type === 'refused') refused.push(event.reason);
  });
  for (const aheadMinutes of [6, 5, 12]) {
    chosen.putForward(aheadMinutes * 60_000); // 12:31, 12:36, 12:48
    const answer = await started.deliver(badgeFor(apns.device, {}, chosen.now()));
    assert.equal(answer.kind, 'accepted');
  }
  chosen.putForward(3 * 60_000); // 12:51: the one of 12:00 is too old, and a new one is not too new
  assert.equal((await started.deliver(badgeFor(apns.device, {}, chosen.now()))).kind, 'accepted');
  assert.deepEqual(refused, ['TooManyProviderTokenUpdates'], 'asked for once');
  assert.equal(accepted.size, 4);
});
