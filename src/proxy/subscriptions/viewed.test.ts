import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, openProxyStages, subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';
import type { InboxView } from '../mailboxes/mailbox-source.ts';

/** INBOX with these unseen UIDs. */
const inbox = (unseen: number[], uidNext: number, { uidValidity = 1, sinceUid = 1 } = {}): InboxView => ({
  uidValidity,
  uidNext,
  sinceUid,
  unseenSince: unseen.filter(uid => uid >= sinceUid),
  newest: [],
});

async function phone() {
  const stages = await openProxyStages();
  const { id, iconId } = await stages.subscriptions.subscribe(subscribeRequest({ policy: 'since-viewed' }));
  const own = { subscriptionId: id, mailboxId: 'anna', installationId: 'phone-01' };
  return {
    ...stages,
    own,
    iconId,
    looked: (view: InboxView) => stages.count('anna', view.unseenSince.length, view),
    viewed: (view: InboxView | undefined, upTo?: { uidValidity: number; uidNext: number }) =>
      stages.subscriptions.viewed({ ...own, view, upTo }),
    subscription: () =>
      stages.db.selectFrom('subscription').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    wanted: async () => (await stages.icon(iconId)).wanted,
    [Symbol.asyncDispose]: () => stages[Symbol.asyncDispose](),
  };
}

test('the first look begins at nothing; what comes later counts, until it is viewed', async () => {
  await using anna = await phone();
  assert.equal(await anna.wanted(), null, 'nobody looked yet');
  await anna.looked(inbox([1, 2, 3], 4));
  assert.equal(await anna.wanted(), 0);
  await anna.looked(inbox([1, 2, 3, 4, 5], 6));
  assert.equal(await anna.wanted(), 2);
  const { badge, rev } = await anna.viewed(inbox([1, 2, 3, 4, 5], 6));
  assert.deepEqual([badge, rev], [0, (await anna.icon(anna.iconId)).rev]);
  assert.equal((await anna.subscription()).viewed_at, anna.clock.now());
  await anna.looked(inbox([1, 4, 5], 6));
  assert.equal(await anna.wanted(), 0);
});

test('a device says what it saw: later messages stay counted', async () => {
  await using anna = await phone();
  await anna.looked(inbox([], 1));
  const { badge } = await anna.viewed(inbox([1, 2, 3], 4, { sinceUid: 3 }), { uidValidity: 1, uidNext: 3 });
  assert.equal(badge, 1);
});

test('no answer takes the boundary back, and none leads beyond what is there', async () => {
  await using anna = await phone();
  await anna.looked(inbox([], 1));
  await anna.viewed(inbox([1, 2, 3], 4));
  const late = await anna.viewed(inbox([1, 2, 3, 4], 5, { sinceUid: 2 }), { uidValidity: 1, uidNext: 2 });
  assert.equal(late.badge, 1, 'only the message that came after the view');
  await anna.viewed(inbox([1, 2, 3, 4], 5, { sinceUid: 900 }), { uidValidity: 1, uidNext: 900 });
  await anna.looked(inbox([1, 2, 3, 4, 5], 6));
  assert.equal(await anna.wanted(), 1, 'a number out of the blue hides nothing');
});

test('while the mail server is away the device’s word is kept, and judged by the next look', async () => {
  await using anna = await phone();
  await anna.looked(inbox([], 1));
  await anna.looked(inbox([1, 2], 3));
  const { badge } = await anna.viewed(undefined, { uidValidity: 1, uidNext: 900 });
  assert.equal(badge, 2, 'what is not known is not claimed');
  await anna.looked(inbox([1, 2], 3));
  assert.equal(await anna.wanted(), 0);
  await anna.looked(inbox([1, 2, 3], 4));
  assert.equal(await anna.wanted(), 1);
  await anna.viewed(undefined);
  assert.equal(await anna.wanted(), 1, 'without a view and without a word there is nothing to go by');
});

test('another UIDVALIDITY begins anew, and what was seen of the old INBOX says nothing of the new one', async () => {
  await using anna = await phone();
  await anna.looked(inbox([], 100));
  await anna.looked(inbox([1, 2], 3, { uidValidity: 2 }));
  assert.equal(await anna.wanted(), 0);
  const stale = await anna.viewed(inbox([1, 2, 3], 4, { uidValidity: 2 }), { uidValidity: 1, uidNext: 100 });
  assert.equal(stale.badge, 1);
});

test('a look that does not reach back far enough changes nothing', async () => {
  await using anna = await phone();
  await anna.looked(inbox([], 1));
  await anna.looked(inbox([1, 2, 3], 4));
  await anna.looked(inbox([1, 2, 3, 4], 5, { sinceUid: 3 }));
  assert.equal(await anna.wanted(), 3);
});

test('another device’s subscription is none of one’s own', async () => {
  await using anna = await phone();
  for (const other of [{ mailboxId: 'ben' }, { installationId: 'phone-02' }, { subscriptionId: 'x' }]) {
    const foreign = { ...anna.own, ...other };
    await assert.rejects(anna.subscriptions.viewed({ ...foreign, view: undefined }), {
      code: 'subscription-not-found',
    });
    await assert.rejects(anna.subscriptions.preferences({ ...foreign, policy: 'unseen' }), {
      code: 'subscription-not-found',
    });
  }
});

test('a changed policy counts at once where it can, and waits for a look where it must', async () => {
  await using anna = await phone();
  await anna.looked(inbox([1, 2], 3));
  await anna.looked(inbox([1, 2, 3], 4));
  await anna.subscriptions.preferences({ ...anna.own, policy: 'unseen', previews: true });
  assert.equal(await anna.wanted(), 3);
  assert.equal((await anna.subscription()).previews, 1);
  await anna.subscriptions.preferences({ ...anna.own, policy: 'since-viewed' });
  assert.equal((await anna.subscription()).count, null);
  await anna.looked(inbox([1, 2, 3], 4));
  assert.equal(await anna.wanted(), 1, 'it counts from where it was viewed last');
  const changes = anna.recorded.filter(event => event.kind === 'preferences-changed');
  assert.deepEqual(
    changes.map(({ policy, previews }) => [policy, previews]),
    [
      ['unseen', true],
      ['since-viewed', true],
    ],
  );
});

test('a subscription ends with its session: one mailbox renews another’s only as far as that was proven', async () => {
  await using stages = await openProxyStages();
  const session = (mailboxId: string, token: string, endsInMs: number) =>
    stages.db
      .insertInto('session')
      .values({
        token_hash: token,
        mailbox_id: mailboxId,
        installation_id: 'phone-01',
        created_at: 0,
        last_seen_at: 0,
        expires_at: stages.clock.now() + endsInMs,
        sent_in: 'body',
      })
      .execute();
  const start = stages.clock.now();
  await session('anna', 'a', 90 * day);
  await session('ben', 'b', 40 * day);
  const anna = await stages.subscriptions.subscribe(subscribeRequest());
  const ben = await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  const expiries = async () => {
    const rows = await stages.db.selectFrom('subscription').select(['id', 'expires_at']).execute();
    return [anna.id, ben.id].map(id => ((rows.find(row => row.id === id)?.expires_at ?? 0) - start) / day);
  };
  assert.deepEqual(await expiries(), [30, 30]);
  await stages.clock.advance(20 * day);
  await stages.subscriptions.opened({ iconId: anna.iconId, mailboxId: 'anna', installationId: 'phone-01' });
  assert.deepEqual(await expiries(), [50, 40]);
  await stages.clock.advance(19 * day);
  const own = { subscriptionId: anna.id, mailboxId: 'anna', installationId: 'phone-01' };
  await stages.subscriptions.viewed({ ...own, view: undefined });
  assert.deepEqual(await expiries(), [69, 40]);
  await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  assert.deepEqual(await expiries(), [69, 40], 'subscribing again proves no credential');
});
