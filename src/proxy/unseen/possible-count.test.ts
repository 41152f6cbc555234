import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, counting } from '../../../test/fixtures/counting.ts';
import type { InboxView, MailboxCount } from '../mailboxes/mailbox-source.ts';
import { possibleCount } from './possible-count.ts';

const largest = 4_294_967_295;
const impossible = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, largest + 1, 2 ** 53, 2 ** 63];

test('a count that no mailbox can have is none; the largest that it can have is one', () => {
  for (const unseen of impossible) assert.equal(possibleCount({ unseen }), undefined, `${unseen}`);
  for (const unseen of [0, largest]) assert.deepEqual(possibleCount({ unseen }), { unseen });
});

test('a version that orders nothing is left out, and the count stands', () => {
  const versionOf = (version: MailboxCount['version'] & {}) => possibleCount({ unseen: 1, version });
  const kept = { uidValidity: 0, modSeq: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(versionOf(kept), { unseen: 1, version: kept });
  for (const modSeq of [2 ** 53, 2 ** 62, 2 ** 63, Number.NaN, -1]) {
    assert.deepEqual(versionOf({ uidValidity: 1, modSeq }), { unseen: 1 }, `${modSeq}`);
  }
  for (const uidValidity of impossible) {
    assert.deepEqual(versionOf({ uidValidity, modSeq: 1 }), { unseen: 1 }, `${uidValidity}`);
  }
});

test('a look with a UID that cannot be is no look', () => {
  const view: InboxView = { uidValidity: 1, uidNext: 2, sinceUid: 1, unseenSince: [1], newest: [] };
  assert.deepEqual(possibleCount({ unseen: 1, view }), { unseen: 1, view });
  for (const wrong of impossible) {
    for (const member of ['uidValidity', 'uidNext', 'sinceUid'] as const) {
      assert.deepEqual(possibleCount({ unseen: 1, view: { ...view, [member]: wrong } }), { unseen: 1 });
    }
  }
});

test('a server that tells impossible numbers of one mailbox fails nothing, and what it tells next counts', async () => {
  await using stages = await counting();
  const { clock, counter, source } = stages;
  await stages.answer(counted('anna', { unseen: 2 ** 53 }));
  assert.deepEqual(
    [await stages.wanted(), (await stages.mailbox()).state],
    [null, 'unreachable'],
    'no count, and why',
  );
  await clock.advance(10_000);
  await stages.answer(counted('anna', { unseen: 2, version: { uidValidity: 1, modSeq: 2 ** 60 } }));
  assert.equal(await stages.wanted(), 2);
  await stages.tell({ unseen: 3, version: { uidValidity: 1, modSeq: 2 ** 60 } });
  assert.equal(await stages.wanted(), 3, 'without an order the latest counts');
  const before = source.recounts.length;
  await stages.tell({ unseen: Number.NaN });
  assert.equal(source.recounts.length, before + 1, 'asked again');
  counter.subscriptionsChanged(); // reads every mailbox, as the next start does
  await clock.advance(0);
  assert.equal((await stages.mailbox()).unseen, 3);
});
