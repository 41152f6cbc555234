import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { readHeaders } from './message-headers.ts';
import { type MailboxChange, SimulatedMailboxes } from './simulated-mailboxes.ts';

const anna = 'anna@fabrikam.com';

test('every change raises the modification sequence and tells the unseen count', () => {
  const mailboxes = new SimulatedMailboxes({ clock: new ManualClock() });
  const changes: MailboxChange[] = [];
  mailboxes.onChange(change => changes.push(change));
  const first = mailboxes.append(anna, { from: 'ben', subject: 'one' });
  const second = mailboxes.append(anna, { from: 'ben', subject: 'two' });
  mailboxes.setSeen(anna, first, true);
  mailboxes.setSeen(anna, first, true); // changes nothing
  mailboxes.setSeen(anna, first, false);
  mailboxes.delete(anna, second);
  assert.deepEqual(
    changes.map(change => change.status.unseen),
    [1, 2, 1, 2, 1],
  );
  const sequences = changes.map(change => change.status.modSeq);
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].sort((a, b) => a - b),
  );
  assert.equal(mailboxes.delete(anna, second), false);
  assert.equal(mailboxes.append(anna, { from: 'ben', subject: 'three' }), 3, 'a UID is never used again');
});

test('only a mailbox with a password is signed in to', () => {
  const mailboxes = new SimulatedMailboxes({ clock: new ManualClock() });
  mailboxes.append(anna, { from: 'ben', subject: 'one' });
  assert.equal(mailboxes.signIn(anna, ''), false);
  mailboxes.open(anna, { password: 'correct horse' });
  assert.equal(mailboxes.signIn(anna, 'correct horse'), true);
  assert.equal(mailboxes.signIn(anna, 'correct horsf'), false);
  assert.equal(mailboxes.signIn('nobody@fabrikam.com', 'correct horse'), false);
});

test('a mailbox is bounded: the oldest message makes room', () => {
  const mailboxes = new SimulatedMailboxes({ clock: new ManualClock() });
  for (let n = 0; n < 1001; n++) mailboxes.append(anna, { from: 'ben', subject: `${n}` });
  assert.equal(mailboxes.status(anna)?.unseen, 1000);
  assert.equal(mailboxes.list(anna).at(-1)?.subject, '1');
});

test('headers are unfolded and decoded', () => {
  const read = (text: string) => readHeaders(Buffer.from(text.replaceAll('\n', '\r\n')));
  assert.deepEqual(read('From: Ben <ben@x.org>\nSubject: Hello\n there\n\nSubject: not this'), {
    from: 'Ben <ben@x.org>',
    subject: 'Hello there',
    messageId: null,
  });
  assert.equal(read('Message-ID:\n <a.b@x.org>\n\n').messageId, 'a.b@x.org');
  assert.equal(read('Subject: =?utf-8?B?5L2g5aW9?= =?utf-8?B?77yB?=\n\n').subject, '你好！');
  assert.equal(read('Subject: =?iso-8859-1?q?Gr=FC=DFe_aus?= Bern\n\n').subject, 'Grüße aus Bern');
  assert.equal(read('Subject: =?no-such-charset?q?x?=\n\n').subject, '=?no-such-charset?q?x?=');
  assert.deepEqual(read('no headers at all'), { from: '', subject: '', messageId: null });
});
