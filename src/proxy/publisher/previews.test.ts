import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageSummary } from '../mailboxes/mailbox-source.ts';
import { NewestMessages } from '../unseen/newest-messages.ts';
import { Previews } from './previews.ts';

const message = (uid: number, receivedAt: number, rest: Partial<MessageSummary> = {}): MessageSummary => ({
  uid,
  messageId: null,
  fromName: 'Ben',
  fromAddress: 'ben@fabrikam.com',
  subject: `message ${uid}`,
  receivedAt,
  ...rest,
});

function open({ kept }: { kept?: number } = {}) {
  const newest = new NewestMessages();
  const previews = new Previews({ newest, ...(kept === undefined ? {} : { kept }) });
  const alert = (
    badge: number,
    {
      rev,
      acceptedBadge,
      repetition = false,
      mailboxIds = ['anna'],
      iconId = 'icon',
    }: {
      rev: number;
      acceptedBadge: number | null;
      repetition?: boolean;
      mailboxIds?: string[];
      iconId?: string;
    },
  ) => previews.toAlert({ iconId, badge, rev, acceptedBadge, repetition, previews: { mailboxIds } })?.subject;
  return { newest, previews, alert };
}

test('the latest of several mailboxes, and only of those asked for', () => {
  const { newest, previews } = open();
  newest.set('anna', message(7, 1000));
  newest.set('ben', message(3, 2000));
  newest.set('carol', message(9, 3000));
  const of = (mailboxIds: string[], badge = 1) =>
    previews.newest({ badge, previews: { mailboxIds } })?.subject;
  assert.equal(of(['anna', 'ben']), 'message 3');
  assert.equal(of(['anna']), 'message 7');
  assert.equal(of(['dave']), undefined, 'not looked at yet');
  assert.equal(of([]), undefined);
  assert.equal(of(['anna'], 0), undefined, 'nothing is unseen');
  assert.equal(previews.newest({ badge: 1, previews: undefined }), undefined, 'off');
});

test('a sender is a name, or else an address; what is unknown is empty', () => {
  const { newest, previews } = open();
  for (const [given, expected] of [
    [{}, ['Ben', 's']],
    [{ fromName: null }, ['ben@fabrikam.com', 's']],
    [{ fromName: ' \u0000 ' }, ['ben@fabrikam.com', 's']],
    [{ fromName: null, fromAddress: null }, ['', 's']],
    [{ subject: null }, ['Ben', '']],
  ] as const) {
    newest.set('anna', message(1, 1, { subject: 's', ...given }));
    const preview = previews.newest({ badge: 1, previews: { mailboxIds: ['anna'] } });
    assert.deepEqual([preview?.from, preview?.subject], expected);
  }
});

test('an alert goes with a rise alone: not with the first badge, a fall, the same again or a repetition', () => {
  const { newest, alert } = open();
  newest.set('anna', message(1, 1000));
  assert.equal(alert(3, { rev: 1, acceptedBadge: null }), undefined);
  newest.set('anna', message(2, 2000));
  assert.equal(alert(4, { rev: 2, acceptedBadge: 3 }), 'message 2');
  assert.equal(alert(4, { rev: 2, acceptedBadge: 4, repetition: true }), undefined);
  assert.equal(alert(4, { rev: 2, acceptedBadge: 3, repetition: true }), undefined);
  newest.set('anna', message(3, 3000));
  assert.equal(alert(2, { rev: 3, acceptedBadge: 4 }), undefined);
  assert.equal(alert(4, { rev: 4, acceptedBadge: 4 }), undefined);
  assert.equal(alert(0, { rev: 5, acceptedBadge: 4 }), undefined);
});

test('a message rings once: not again for a message elsewhere, nor an older one when it was read', () => {
  const { newest, alert } = open();
  newest.set('anna', message(5, 5000));
  assert.equal(alert(1, { rev: 1, acceptedBadge: 0 }), 'message 5');
  assert.equal(alert(2, { rev: 2, acceptedBadge: 1 }), undefined, 'another mailbox of the icon got one');
  newest.set('anna', message(4, 4000));
  assert.equal(alert(3, { rev: 3, acceptedBadge: 2 }), undefined, 'the newest was read');
  newest.set('anna', message(6, 5000));
  assert.equal(alert(4, { rev: 4, acceptedBadge: 3 }), 'message 6', 'of the same second, and later');
});

test('a change that was deferred is alerted when it goes again', () => {
  const { newest, alert } = open();
  newest.set('anna', message(5, 5000));
  assert.equal(alert(1, { rev: 1, acceptedBadge: 0 }), 'message 5');
  assert.equal(alert(1, { rev: 1, acceptedBadge: 0 }), 'message 5');
});

test('what is remembered of icons is bounded', () => {
  const { newest, alert } = open({ kept: 2 });
  newest.set('anna', message(5, 5000));
  const ask = (iconId: string, rev: number) => alert(1, { iconId, rev, acceptedBadge: 0 });
  for (const iconId of ['a', 'b', 'c']) assert.equal(ask(iconId, 1), 'message 5');
  assert.equal(ask('a', 2), 'message 5', 'forgotten');
  assert.equal(ask('c', 2), undefined);
});
