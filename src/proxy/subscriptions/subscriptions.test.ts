import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMailbox, day, openProxyStages, subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';

const hour = 3_600_000;

test('an icon wants the sum of its mailboxes, and its rev grows with each change only', async () => {
  await using stages = await openProxyStages();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  assert.equal((await stages.icon(iconId)).wanted, null, 'nothing is known before the first count');
  await stages.count('anna', 3);
  const second = await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  assert.equal(second.iconId, iconId);
  await stages.count('ben', 4);
  const { wanted, rev } = await stages.icon(iconId);
  assert.equal(wanted, 7);
  await stages.count('ben', 4);
  assert.equal((await stages.icon(iconId)).rev, rev);
});

test('subscribing again renews; it makes no second subscription and publishes nothing', async () => {
  await using stages = await openProxyStages();
  const first = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.count('anna', 3);
  await stages.db.updateTable('icon').set({ shown: 3 }).execute();
  await stages.clock.advance(10 * day);
  const again = await stages.subscriptions.subscribe(subscribeRequest({ sealed: 'sealed-anew' }));
  assert.equal(again.id, first.id);
  assert.equal(again.expiresAt, first.expiresAt + 10 * day);
  const icon = await stages.icon(first.iconId);
  assert.deepEqual([icon.sealed_target, icon.shown], ['sealed-anew', 3]);
});

test('the subscription after the last allowed one is refused and leaves nothing', async () => {
  await using stages = await openProxyStages({ perMailbox: 1 });
  await stages.subscriptions.subscribe(subscribeRequest());
  await assert.rejects(
    stages.subscriptions.subscribe(subscribeRequest({ target: 'target-2', installationId: 'phone-02' })),
    { code: 'subscription-limit' },
  );
  assert.equal((await stages.db.selectFrom('icon').select('id').execute()).length, 1);
});

test('a replaced push target keeps the icon, which must be shown its badge again', async () => {
  await using stages = await openProxyStages();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  await stages.count('anna', 2);
  await stages.db
    .updateTable('icon')
    .set({ shown: 2, paused_at: 1, paused_reason: 'target-invalid' })
    .execute();
  const again = await stages.subscriptions.subscribe(subscribeRequest({ target: 'target-2' }));
  const icon = await stages.icon(iconId);
  assert.equal(again.iconId, iconId);
  assert.deepEqual([icon.target_id, icon.shown, icon.paused_at], ['target-2', null, null]);
  assert.equal((await stages.subscriptions.list('ben'))[0]?.iconId, iconId, 'Ben’s mailbox stays on it');
});

test('another installation that proved the target takes the icon over, without the mailboxes of the one before', async () => {
  await using stages = await openProxyStages();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.count('anna', 5);
  await stages.db
    .updateTable('icon')
    .set({ shown: null, attempt_id: 'open', attempt_at: 1, attempt_blocks_until: stages.clock.now() + 9 })
    .execute();
  const taken = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', installationId: 'phone-02' }),
  );
  await stages.count('ben', 1);
  const icon = await stages.icon(iconId);
  assert.equal(taken.iconId, iconId, 'the row stays: its attempt still blocks it');
  assert.deepEqual([icon.wanted, icon.attempt_id, icon.installation_id], [1, 'open', 'phone-02']);
  assert.equal((await stages.subscriptions.list('anna'))[0]?.endedReason, 'taken-over');
});

test('naming another person’s installation gives a stranger an icon of their own', async () => {
  await using stages = await openProxyStages();
  const anna = await stages.subscriptions.subscribe(subscribeRequest());
  const stranger = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-of-ben', installationId: 'phone-01' }),
  );
  assert.notEqual(stranger.iconId, anna.iconId);
  assert.equal((await stages.icon(anna.iconId)).target_id, 'target-1');
});

test('two icons of one installation become one when they meet on a target', async () => {
  await using stages = await openProxyStages();
  const first = await stages.subscriptions.subscribe(subscribeRequest());
  const second = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-2' }),
  );
  assert.notEqual(first.iconId, second.iconId);
  await stages.count('anna', 1);
  await stages.count('ben', 2);
  const met = await stages.subscriptions.subscribe(subscribeRequest({ target: 'target-2' }));
  assert.equal(met.iconId, second.iconId);
  assert.equal((await stages.icon(second.iconId)).wanted, 3);
  assert.equal((await stages.icon(first.iconId)).ended_reason, 'target-replaced');
});

test('a registration that a newer one overtook leaves the newer target in place', async () => {
  await using stages = await openProxyStages();
  const overtaken = subscribeRequest();
  await stages.clock.advance(1000);
  const later = subscribeRequest({ target: 'target-2' });
  later.target.registeredAt = overtaken.target.registeredAt + 1000;
  const { iconId } = await stages.subscriptions.subscribe(later);
  assert.equal((await stages.subscriptions.subscribe(overtaken)).iconId, iconId);
  assert.equal((await stages.icon(iconId)).target_id, 'target-2');
});

test('opening the app renews all of the icon’s subscriptions and answers the badge', async () => {
  await using stages = await openProxyStages();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  await stages.count('anna', 2);
  await stages.db.updateTable('icon').set({ shown: 2 }).execute();
  await stages.clock.advance(29 * day);
  const request = { iconId, mailboxId: 'anna', installationId: 'phone-01' };
  const { badge } = await stages.subscriptions.opened({ ...request, badge: 2 });
  assert.equal(badge, 2);
  assert.equal((await stages.icon(iconId)).shown, 2);
  assert.deepEqual(await stages.subscriptions.expiringWithin(29 * day), []);
  await stages.subscriptions.opened({ ...request, badge: 9 });
  assert.equal((await stages.icon(iconId)).shown, null, 'the icon shows something else: publish again');
  await assert.rejects(stages.subscriptions.opened({ ...request, installationId: 'phone-02' }), {
    code: 'icon-not-found',
  });
});

test('an expired subscription ends, its icon still shows the new sum, and then ends itself', async () => {
  await using stages = await openProxyStages();
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest());
  await stages.count('anna', 2);
  await stages.clock.advance(30 * day - 60_000);
  stages.subscriptions.start();
  await stages.publisher.start();
  await stages.clock.advance(59_999);
  assert.equal(stages.relay.badges.at(-1), 2);
  await stages.clock.advance(60_001);
  assert.equal((await stages.subscriptions.list('anna'))[0]?.endedReason, 'expired');
  assert.equal(stages.relay.badges.at(-1), 0);
  await stages.clock.advance(3 * 60_000);
  assert.equal((await stages.icon(iconId)).ended_reason, 'no-subscription');
});

test('unsubscribing is for the mailbox that subscribed', async () => {
  await using stages = await openProxyStages();
  const { id } = await stages.subscriptions.subscribe(subscribeRequest());
  await assert.rejects(stages.subscriptions.unsubscribe({ subscriptionId: id, mailboxId: 'ben' }), {
    code: 'subscription-not-found',
  });
  await stages.subscriptions.unsubscribe({ subscriptionId: id, mailboxId: 'anna' });
  assert.equal((await stages.subscriptions.list('anna'))[0]?.endedReason, 'unsubscribed');
});

test('a mailbox that stays gone ends its subscriptions; many at once freeze the endings until they are thawed', async () => {
  const many = Array.from({ length: 25 }, (_, index) => `mailbox-${index}`);
  await using stages = await openProxyStages({ mailboxes: many });
  for (const [index, mailboxId] of many.entries()) {
    await stages.subscriptions.subscribe(
      subscribeRequest({ mailboxId, target: `target-${index}`, installationId: `phone-${index}` }),
    );
  }
  const gone = (ids: string[]) =>
    stages.db
      .updateTable('mailbox')
      .set({ state: 'gone', state_at: stages.clock.now() })
      .where('id', 'in', ids)
      .execute();
  const ended = async () =>
    (await stages.db.selectFrom('subscription').select('id').where('ended_at', 'is not', null).execute())
      .length;

  await gone(many.slice(0, 1));
  stages.subscriptions.start();
  await stages.clock.advance(hour - 1);
  assert.equal(await ended(), 0, 'not at the first word of it');
  await stages.clock.advance(60_000);
  assert.equal(await ended(), 1);
  await gone(many.slice(1));
  await stages.clock.advance(2 * hour);
  assert.equal(await ended(), 1);
  assert.equal(stages.recorded.filter(event => event.kind === 'endings-frozen').length, 1);
  await stages.db.updateTable('mailbox').set({ state: 'watched' }).where('id', '<>', 'mailbox-1').execute();
  await stages.subscriptions.thawEndings();
  await stages.clock.advance(60_000);
  assert.equal(await ended(), 2);
});

test('what ended for one reason comes back, unless it has a successor', async () => {
  await using stages = await openProxyStages();
  await addMailbox(stages.db, 'cleo');
  const anna = await stages.subscriptions.subscribe(subscribeRequest());
  const ben = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-2', installationId: 'phone-02' }),
  );
  await stages.db.transaction().execute(async transaction => {
    assert.equal(await stages.subscriptions.targetGone(transaction, anna.iconId), 'ended');
    assert.equal(await stages.subscriptions.targetGone(transaction, ben.iconId), 'ended');
  });
  const anew = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-2', installationId: 'phone-02' }),
  );
  assert.notEqual(anew.iconId, ben.iconId);
  assert.equal(await stages.subscriptions.restore({ reason: 'target-gone', since: 0 }), 1);
  await stages.count('anna', 4);
  const icon = await stages.icon(anna.iconId);
  assert.deepEqual([icon.ended_at, icon.wanted, icon.shown], [null, 4, null]);
});

test('however often a device comes and goes, what is kept of a day is bounded, and the newest is', async () => {
  await using stages = await openProxyStages();
  stages.subscriptions.start();
  const newest = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-ben', installationId: 'phone-ben' }),
  );
  await stages.subscriptions.unsubscribe({ subscriptionId: newest.id, mailboxId: 'ben' });
  let last = '';
  for (let round = 0; round < 60; round++) {
    const { id } = await stages.subscriptions.subscribe(subscribeRequest({ target: `target-${round % 3}` }));
    await stages.subscriptions.unsubscribe({ subscriptionId: id, mailboxId: 'anna' });
    await stages.clock.advance(1000);
    last = id;
  }
  const rows = async (table: 'icon' | 'subscription') =>
    (await stages.db.selectFrom(table).select('id').execute()).length;
  assert.deepEqual([await rows('subscription'), await rows('icon')], [61, 61]);
  await stages.clock.advance(2 * hour);
  assert.deepEqual(
    [await rows('subscription'), await rows('icon')],
    [51, 51],
    'fifty of Anna’s and Ben’s one',
  );
  assert.equal((await stages.subscriptions.list('anna'))[0]?.id, last);
  assert.equal(await stages.subscriptions.restore({ subscriptionId: newest.id }), 1);
  assert.equal(await stages.subscriptions.restore({ subscriptionId: last }), 1);
});

test('an icon that another one took the place of is kept for an hour', async () => {
  await using stages = await openProxyStages();
  stages.subscriptions.start();
  const first = await stages.subscriptions.subscribe(subscribeRequest());
  const second = await stages.subscriptions.subscribe(
    subscribeRequest({ mailboxId: 'ben', target: 'target-2' }),
  );
  await stages.subscriptions.subscribe(subscribeRequest({ target: 'target-2' }));
  assert.equal((await stages.icon(first.iconId)).ended_reason, 'target-replaced');
  await stages.clock.advance(3 * hour);
  const icons = await stages.db.selectFrom('icon').select('id').execute();
  assert.deepEqual(
    icons.map(({ id }) => id),
    [second.iconId],
  );
});
