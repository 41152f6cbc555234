import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxyStages, subscribeRequest } from '../../../../test/fixtures/proxy-stages.ts';
import { diagnose } from './diagnose.ts';
import { stagesReached, takeSnapshot } from './follow-message.ts';

/** Anna's phone, on and right, and a snapshot of it. */
async function open() {
  const stages = await openProxyStages();
  await stages.publisher.start();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.count('anna', 1);
  await stages.clock.advance(1000);
  const { db, clock } = stages;
  const before = await takeSnapshot(db, 'anna');
  const sentAt = clock.now();
  const look = async () => {
    const last = await takeSnapshot(db, 'anna');
    const reached = stagesReached(before, last, { sentAt, readAt: clock.now() });
    return {
      names: reached.map(({ stage }) => stage),
      diagnosis: diagnose(before, last, reached, { goal: 'accepted', now: clock.now() }),
    };
  };
  /** As the counter stores it. */
  const seen = async (unseen: number): Promise<void> => {
    const at = clock.now();
    await db
      .updateTable('mailbox')
      .set({ last_event_at: at, counted_at: at, last_event_cause: 'event', unseen })
      .where('id', '=', 'anna')
      .execute();
  };
  return { stages, iconId, look, seen, [Symbol.asyncDispose]: () => stages[Symbol.asyncDispose]() };
}

test('each stage as the proxy reaches it', async () => {
  await using following = await open();
  const { stages, iconId, look, seen } = following;
  assert.deepEqual((await look()).names, []);
  await seen(2);
  assert.deepEqual((await look()).names, ['seen', 'counted']);
  stages.relay.answer = () => undefined;
  await stages.count('anna', 2);
  assert.deepEqual((await look()).names, ['seen', 'counted', 'wanted', 'published']);
  stages.relay.answer = ({ id }) => ({ id, outcome: 'accepted', providerId: `p-${id}` });
  await stages.clock.advance(20_000);
  assert.deepEqual((await look()).names, ['seen', 'counted', 'wanted', 'published', 'accepted']);
  await stages.subscriptions.opened({ iconId, mailboxId: 'anna', installationId: 'phone-01', badge: 2 });
  assert.equal((await look()).names.at(-1), 'reported');
});

test('where it stopped, and why', async () => {
  await using following = await open();
  const { stages, iconId, look, seen } = following;
  assert.equal((await look()).diagnosis.stoppedBefore, 'seen');
  await seen(1);
  const same = (await look()).diagnosis;
  assert.equal(same.stoppedBefore, 'counted');
  assert.match(same.cause, /its unseen count is 1 and was 1/);
  await seen(2);
  stages.relay.answer = ({ id }) => ({
    ...{ id, outcome: 'deferred', reason: 'provider-throttled', retryAfterMs: 60_000 },
  });
  await stages.count('anna', 2);
  const deferred = (await look()).diagnosis;
  assert.deepEqual([deferred.stoppedBefore, deferred.iconId], ['accepted', iconId]);
  assert.match(deferred.cause, /the last outcome was provider-throttled$/);
  assert.match(deferred.next, new RegExp(`mailbadge proxy why ${iconId}`));
});
