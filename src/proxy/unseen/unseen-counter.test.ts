import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, counting } from '../../../test/fixtures/counting.ts';
import { subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';
import { judgeEvent, judgeRecount } from './judge-count.ts';

const version = (modSeq: number, uidValidity = 1) => ({ version: { uidValidity, modSeq } });

test('events: newer versions win, older ones are late, equal ones that differ are settled by a recount', () => {
  const known = { unseen: 3, ...version(10) };
  assert.equal(judgeEvent(undefined, { unseen: 1 }), 'take');
  assert.equal(judgeEvent(known, { unseen: 4, ...version(11) }), 'take');
  assert.equal(judgeEvent(known, { unseen: 2, ...version(9) }), 'drop');
  assert.equal(judgeEvent(known, { unseen: 3, ...version(10) }), 'drop');
  assert.equal(judgeEvent(known, { unseen: 4, ...version(10) }), 'recount');
  assert.equal(judgeEvent(known, { unseen: 4, ...version(1, 2) }), 'take');
  assert.equal(judgeEvent(known, { unseen: 4, ...version(99, 0) }), 'recount');
  assert.equal(judgeEvent(known, { unseen: 4 }), 'take');
});

test('recounts: undisturbed they are the truth; disturbed, the versions tell or another recount does', () => {
  const known = { unseen: 3, ...version(10) };
  assert.equal(judgeRecount(known, { unseen: 1, ...version(2) }, { interfered: false }), 'take');
  assert.equal(judgeRecount(known, { unseen: 1, ...version(9) }, { interfered: true }), 'drop');
  assert.equal(judgeRecount(known, { unseen: 1, ...version(11) }, { interfered: true }), 'take');
  assert.equal(judgeRecount({ unseen: 3 }, { unseen: 1 }, { interfered: true }), 'recount');
});

test('subscribed mailboxes are watched and counted at the start, later ones when they are subscribed', async () => {
  await using stages = await counting();
  assert.deepEqual([...stages.source.watched.keys()], ['anna']);
  await stages.answer(counted('anna', { unseen: 4 }));
  assert.equal(await stages.wanted(), 4);
  const ben = await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben' }));
  stages.counter.subscriptionsChanged();
  await stages.clock.advance(0);
  assert.deepEqual(stages.source.recounts.at(-1)?.ids, ['ben']);
  await stages.subscriptions.unsubscribe({ subscriptionId: ben.id, mailboxId: 'ben' });
  stages.counter.subscriptionsChanged();
  await stages.clock.advance(0);
  assert.deepEqual([...stages.source.watched.keys()], ['anna']);
});

test('a storm of changes costs the running recount and one more, and the last change is not missed', async () => {
  await using stages = await counting();
  await stages.answer(counted('anna', { unseen: 0 }));
  for (let change = 0; change < 50; change++) await stages.changed();
  assert.equal(stages.source.recounts.length, 2);
  await stages.answer(counted('anna', { unseen: 1 }));
  assert.equal(stages.source.recounts.length, 3);
  await stages.answer(counted('anna', { unseen: 2 }));
  assert.equal(stages.source.recounts.length, 3);
  assert.equal(await stages.wanted(), 2);
});

test('without versions a count that came while the recount ran is not overwritten by it', async () => {
  await using stages = await counting();
  await stages.tell({ unseen: 7 });
  await stages.answer(counted('anna', { unseen: 6 }));
  assert.equal(await stages.wanted(), 7);
  await stages.answer(counted('anna', { unseen: 7 }));
  assert.equal(await stages.wanted(), 7);
  assert.equal(stages.source.recounts.length, 2);
});

test('an event that comes out of order changes nothing, and the row keeps the newest version', async () => {
  await using stages = await counting();
  await stages.tell({ unseen: 2, ...version(11) });
  await stages.tell({ unseen: 1, ...version(10) });
  const mailbox = await stages.mailbox();
  assert.deepEqual([mailbox.unseen, mailbox.mod_seq, mailbox.last_event_cause], [2, 11, 'event']);
  assert.equal(await stages.wanted(), 2);
});

test('every mailbox is counted again within the time that was set', async () => {
  await using stages = await counting();
  await stages.answer(counted('anna', { unseen: 0 }));
  await stages.clock.advance(15 * 60_000 - 1000);
  assert.equal(stages.source.recounts.length, 1);
  await stages.clock.advance(15 * 60_000 + 2000);
  assert.equal(stages.source.recounts.length, 2);
});

test('after the process stood still, what it may have missed is counted; a busy second is no gap', async () => {
  await using stages = await counting();
  await stages.answer(counted('anna', { unseen: 0 }));
  stages.standStill(15_000);
  await stages.clock.advance(2000);
  assert.equal(stages.source.recounts.length, 1);
  stages.standStill(60_000);
  await stages.clock.advance(2000);
  assert.equal(stages.source.recounts.length, 2);
  await stages.answer(counted('anna', { unseen: 3 }));
  assert.equal(await stages.wanted(), 3);
  await stages.clock.advance(10_000);
  assert.equal(stages.source.recounts.length, 2);
});

test('a mailbox that cannot be counted says so, keeps its count, and is tried again', async () => {
  await using stages = await counting();
  await stages.answer(counted('anna', { unseen: 3 }));
  await stages.changed();
  await stages.answer({ mailboxId: 'anna', outcome: 'unreachable', detail: 'connection refused' });
  const mailbox = await stages.mailbox();
  assert.deepEqual(
    [mailbox.state, mailbox.state_detail, mailbox.unseen],
    ['unreachable', 'connection refused', 3],
  );
  await stages.clock.advance(7000);
  assert.equal(stages.source.recounts.length, 3);
  await stages.answer(counted('anna', { unseen: 5 }));
  assert.equal((await stages.mailbox()).state, 'watched');
  assert.equal(await stages.wanted(), 5);
});
