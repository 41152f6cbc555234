import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxyStages, subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';
import { forgetBadgesAfterGap, longGapMs } from './forget-badges.ts';

/** One icon of two mailboxes that shows 3, on a database that a proxy was last seen on so long ago. */
async function lastSeen(agoMs: number) {
  const stages = await openProxyStages();
  const { db, clock, subscriptions, count } = stages;
  const { iconId } = await subscriptions.subscribe(subscribeRequest());
  await subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  await count('anna', 2);
  await count('ben', 1);
  await stages.publisher.start();
  await clock.advance(100_000); // with the repetition
  stages.relay.requests.length = 0;
  const seen_at = clock.now() - agoMs;
  const node = { name: 'host', version: '1', process_id: 1, started_at: 0, seen_at };
  await db.insertInto('node').values(node).execute();
  const before = await stages.icon(iconId);
  const forget = (): Promise<void> =>
    db
      .transaction()
      .execute(transaction => forgetBadgesAfterGap(transaction, { now: clock.now(), events: stages.events }));
  const forgotten = () => stages.recorded.filter(({ kind }) => kind === 'badges-forgotten');
  return { ...stages, iconId, before, forget, forgotten, [Symbol.asyncDispose]: stages[Symbol.asyncDispose] };
}

test('after a restart what icons show is known', async () => {
  for (const agoMs of [longGapMs - 1, 1 - longGapMs]) {
    await using stages = await lastSeen(agoMs);
    await stages.forget();
    assert.deepEqual(await stages.icon(stages.iconId), stages.before);
    assert.deepEqual(stages.forgotten(), []);
  }
});

test('a database on which no proxy ever ran has no gap', async () => {
  await using stages = await lastSeen(longGapMs);
  await stages.db.deleteFrom('node').execute();
  await stages.forget();
  assert.deepEqual(await stages.icon(stages.iconId), stages.before);
});

test('after a gap each badge is published once more, when it was counted, and devices take it for newer', async () => {
  for (const gapMs of [longGapMs, -longGapMs]) {
    await using stages = await lastSeen(gapMs);
    await stages.forget();
    assert.deepEqual(stages.forgotten(), [{ kind: 'badges-forgotten', icons: 1, gapMs: longGapMs }]);
    stages.publisher.wake();
    await stages.clock.advance(60_000);
    assert.deepEqual(stages.relay.badges, [], 'what was wanted then is wanted no more');
    await stages.count('anna', 2);
    assert.deepEqual(stages.relay.badges, [3], 'the other mailbox may be away: its last count stands');
    await stages.count('ben', 1);
    assert.deepEqual(stages.relay.badges, [3]);
    assert.equal((await stages.icon(stages.iconId)).rev, stages.before.rev + longGapMs + 1);
  }
});

test('an icon that nobody counts for any more is shown its 0 again', async () => {
  await using stages = await lastSeen(longGapMs);
  const signOut = (mailboxId: string): Promise<void> =>
    stages.subscriptions.endDevice({ mailboxId, installationId: 'phone-01', reason: 'signed-out' });
  await signOut('anna');
  await signOut('ben');
  await stages.clock.advance(5000);
  await stages.forget();
  stages.publisher.wake();
  await stages.clock.advance(5000);
  assert.deepEqual(stages.relay.badges.slice(-2), [0, 0]);
  await stages.clock.advance(100_000);
  assert.notEqual((await stages.icon(stages.iconId)).ended_at, null);
});
