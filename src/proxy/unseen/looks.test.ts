import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, counting } from '../../../test/fixtures/counting.ts';
import { subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';
import type { InboxView, MessageSummary } from '../mailboxes/mailbox-source.ts';

type Counting = Awaited<ReturnType<typeof counting>>;

const version = (modSeq: number) => ({ version: { uidValidity: 1, modSeq } });
const message = (uid: number): MessageSummary => ({
  uid,
  messageId: null,
  fromName: 'Ben',
  fromAddress: 'ben@contoso.com',
  subject: `message ${uid}`,
  receivedAt: 0,
});
/** All UIDs below UIDNEXT are unseen. */
const inbox = (uidNext: number, sinceUid = uidNext): InboxView => ({
  uidValidity: 1,
  uidNext,
  sinceUid,
  unseenSince: Array.from({ length: uidNext - sinceUid }, (_, index) => sinceUid + index),
  newest: uidNext > 1 ? [message(uidNext - 1)] : [],
});
const lookOf = ({ source }: Counting) => source.watched.get('anna')?.look;
const changed = async ({ counter, clock }: Counting): Promise<void> => {
  counter.subscriptionsChanged();
  await clock.advance(0);
};

test('nobody who counts the unseen pays for a look', async () => {
  await using stages = await counting();
  assert.equal(lookOf(stages), undefined);
  await stages.answer(counted('anna', { unseen: 0, ...version(1) }));
  await stages.tell({ unseen: 1, ...version(2) });
  assert.equal(await stages.wanted(), 1);
  assert.equal(stages.source.recounts.length, 1);
});

test('a first look learns UIDNEXT, and the next ones begin there: one for each event, however many come', async () => {
  await using stages = await counting({ policy: 'since-viewed' });
  assert.deepEqual(lookOf(stages), {});
  await stages.answer(counted('anna', { unseen: 3, ...version(1), view: inbox(4) }));
  assert.equal(await stages.wanted(), 0);
  assert.deepEqual(lookOf(stages), { sinceUid: 4 });
  await stages.answer(counted('anna', { unseen: 3, ...version(1), view: inbox(4, 4) }));
  const before = stages.source.recounts.length;
  for (let modSeq = 2; modSeq < 20; modSeq += 1)
    await stages.tell({ unseen: modSeq + 2, ...version(modSeq) });
  assert.equal(stages.source.recounts.length, before + 1);
  await stages.answer(counted('anna', { unseen: 21, ...version(19), view: inbox(22, 4) }));
  assert.equal(stages.source.recounts.length, before + 2, 'one more, for what came while it ran');
  await stages.answer(counted('anna', { unseen: 21, ...version(19), view: inbox(22, 4) }));
  assert.equal(await stages.wanted(), 18);
});

test('an event’s count is given to who counts the unseen at once, and its look to the others when it comes', async () => {
  await using stages = await counting({ policy: 'since-viewed' });
  await stages.answer(counted('anna', { unseen: 3, ...version(1), view: inbox(4) }));
  await stages.answer(counted('anna', { unseen: 3, ...version(1), view: inbox(4, 4) }));
  const tablet = await stages.subscriptions.subscribe(
    subscribeRequest({ target: 'target-2', installationId: 'tablet-01' }),
  );
  await stages.tell({ unseen: 4, ...version(2) });
  assert.equal((await stages.icon(tablet.iconId)).wanted, 4);
  assert.equal(await stages.wanted(), 0);
  await stages.answer(counted('anna', { unseen: 4, ...version(2), view: inbox(5, 4) }));
  assert.equal(await stages.wanted(), 1);
});

test('the look reaches back as far as the device that viewed longest ago; a view is counted again', async () => {
  await using stages = await counting({ policy: 'since-viewed' });
  await stages.answer(counted('anna', { unseen: 0, ...version(1), view: inbox(1) }));
  await stages.answer(counted('anna', { unseen: 0, ...version(1), view: inbox(1, 1) }));
  const tablet = await stages.subscriptions.subscribe(
    subscribeRequest({ policy: 'since-viewed', target: 'target-2', installationId: 'tablet-01' }),
  );
  await changed(stages);
  await stages.answer(counted('anna', { unseen: 3, ...version(2), view: inbox(4, 1) }));
  assert.deepEqual([await stages.wanted(), (await stages.icon(tablet.iconId)).wanted], [3, 0]);
  assert.deepEqual(lookOf(stages), { sinceUid: 1 });
  await stages.subscriptions.viewed({ ...stages.own, view: inbox(4, 1) });
  const before = stages.source.recounts.length;
  await changed(stages);
  assert.deepEqual(lookOf(stages), { sinceUid: 4 });
  assert.equal(stages.source.recounts.length, before + 1, 'mail may have come while the view was on its way');
  await changed(stages);
  assert.equal(stages.source.recounts.length, before + 1);
});

test('a look that fails costs no count, and is tried again soon', async () => {
  await using stages = await counting({ policy: 'since-viewed' });
  await stages.answer(counted('anna', { unseen: 3, ...version(1) }));
  assert.equal((await stages.mailbox()).unseen, 3);
  assert.equal(await stages.wanted(), null);
  assert.equal(stages.source.recounts.length, 1);
  await stages.clock.advance(7000);
  assert.equal(stages.source.recounts.length, 2);
});

async function previewing() {
  const stages = await counting({ previews: true });
  assert.deepEqual(lookOf(stages), { newest: 1 });
  await stages.answer(counted('anna', { unseen: 1, ...version(1), view: inbox(2) }));
  assert.equal(await stages.wanted(), 1);
  return stages;
}

test('a badge that goes up waits for its preview, and goes out with it', async () => {
  await using stages = await previewing();
  assert.equal(stages.newestMessages.get('anna')?.subject, 'message 1');
  await stages.tell({ unseen: 2, ...version(2) });
  assert.equal(await stages.wanted(), 1);
  assert.equal(stages.newestMessages.get('anna'), undefined, 'an old message is no preview of a new one');
  await stages.clock.advance(400);
  await stages.answer(counted('anna', { unseen: 2, ...version(2), view: inbox(3) }));
  assert.equal(await stages.wanted(), 2);
  assert.equal(stages.newestMessages.get('anna')?.subject, 'message 2');
  const told = stages.recorded.findLast(event => event.kind === 'mailbox-counted');
  assert.equal(told?.traceId, 'a'.repeat(32), 'it is the event’s badge, as late as it is');
  assert.equal(told?.observedAt, stages.clock.now() - 400);
});

test('it waits a second and no longer, without a second’s start anew', async () => {
  await using stages = await previewing();
  await stages.tell({ unseen: 2, ...version(2) });
  await stages.clock.advance(600);
  await stages.tell({ unseen: 3, ...version(3) });
  await stages.clock.advance(399);
  assert.equal(await stages.wanted(), 1);
  await stages.clock.advance(1);
  assert.equal(await stages.wanted(), 3);
  assert.equal(stages.newestMessages.get('anna'), undefined);
});

test('a badge that goes down waits for nothing, nor what was held before it', async () => {
  await using stages = await previewing();
  await stages.tell({ unseen: 5, ...version(2) });
  await stages.tell({ unseen: 0, ...version(3) });
  assert.equal(await stages.wanted(), 0);
  await stages.clock.advance(2000);
  assert.equal(await stages.wanted(), 0);
});

test('a recount that fails lets the badge go; one that began before the event does not', async () => {
  await using stages = await previewing();
  await stages.changed(); // a recount begins
  await stages.tell({ unseen: 2, ...version(2) });
  await stages.answer(counted('anna', { unseen: 1, ...version(1), view: inbox(2) }));
  assert.equal(await stages.wanted(), 1, 'an older count neither wins nor ends the wait');
  await stages.answer({ mailboxId: 'anna', outcome: 'unreachable', detail: 'connection refused' });
  assert.equal(await stages.wanted(), 2);
});

test('when nobody wants previews any more, nothing waits and nothing is kept', async () => {
  await using stages = await previewing();
  await stages.tell({ unseen: 2, ...version(2) });
  await stages.answer(counted('anna', { unseen: 2, ...version(2), view: inbox(3) }));
  await stages.subscriptions.preferences({ ...stages.own, previews: false });
  await changed(stages);
  assert.equal(stages.newestMessages.get('anna'), undefined);
  assert.equal(lookOf(stages), undefined);
  await stages.tell({ unseen: 3, ...version(3) });
  assert.equal(await stages.wanted(), 3);
  await stages.subscriptions.preferences({ ...stages.own, previews: true });
  await changed(stages);
  await stages.answer(counted('anna', { unseen: 3, ...version(3), view: inbox(4) }));
  assert.equal(stages.newestMessages.get('anna')?.subject, 'message 3');
  await stages.subscriptions.unsubscribe(stages.own);
  await changed(stages);
  assert.equal(stages.newestMessages.get('anna'), undefined);
  assert.equal(stages.source.watched.size, 0);
});
