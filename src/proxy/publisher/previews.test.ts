import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageSummary } from '../mailboxes/mailbox-source.ts';
import type { ToldMessage } from './claim.ts';
import { newestPreview, previewToAlert, toldBy } from './previews.ts';

const message = (uid: number, receivedAt: number, rest: Partial<MessageSummary> = {}): MessageSummary => ({
  uid,
  messageId: null,
  fromName: 'Ben',
  fromAddress: 'ben@fabrikam.com',
  subject: `message ${uid}`,
  receivedAt,
  ...rest,
});
const wanting = (newest: MessageSummary | undefined, told?: ToldMessage) => ({
  newest: newest && { mailboxId: 'anna', message: newest },
  told,
});

test('what is shown silently is the newest unseen message, where it is wanted', () => {
  const previews = wanting(message(7, 1000), { receivedAt: 1000, uid: 7 });
  assert.equal(newestPreview({ badge: 1, previews })?.subject, 'message 7', 'also when it was told before');
  assert.equal(newestPreview({ badge: 1, previews: wanting(undefined) }), undefined, 'not looked at yet');
  assert.equal(newestPreview({ badge: 0, previews }), undefined, 'nothing is unseen');
  assert.equal(newestPreview({ badge: 1, previews: undefined }), undefined, 'off');
});

test('a sender is a name, or else an address; what is unknown is empty', () => {
  for (const [given, expected] of [
    [{}, ['Ben', 's']],
    [{ fromName: null }, ['ben@fabrikam.com', 's']],
    [{ fromName: ' \u0000 ' }, ['ben@fabrikam.com', 's']],
    [{ fromName: null, fromAddress: null }, ['', 's']],
    [{ subject: null }, ['Ben', '']],
  ] as const) {
    const preview = newestPreview({ badge: 1, previews: wanting(message(1, 1, { subject: 's', ...given })) });
    assert.deepEqual([preview?.from, preview?.subject], expected);
  }
});

test('an alert goes with a rise alone: not with the first badge, a fall, the same again or a repetition', () => {
  const previews = wanting(message(2, 2000));
  const rings = (badge: number, acceptedBadge: number | null, repetition = false): boolean =>
    previewToAlert({ badge, acceptedBadge, repetition, previews }) !== undefined;
  assert.ok(rings(4, 3));
  assert.ok(!rings(3, null));
  assert.ok(!rings(2, 4));
  assert.ok(!rings(4, 4));
  assert.ok(!rings(4, 3, true));
  assert.ok(!rings(0, null));
});

test('a message is told once: not again for a message elsewhere, nor an older one when it was read', () => {
  const told = { receivedAt: 5000, uid: 5 };
  const rings = (newest: MessageSummary): boolean =>
    previewToAlert({ badge: 2, acceptedBadge: 1, repetition: false, previews: wanting(newest, told) }) !==
    undefined;
  assert.ok(!rings(message(5, 5000)), 'another mailbox of the icon got one');
  assert.ok(!rings(message(4, 4000)), 'the newest was read');
  assert.ok(!rings(message(9, 4000)), 'moved here, and older');
  assert.ok(rings(message(6, 5000)), 'of the same second, and later');
  assert.ok(rings(message(1, 6000)), 'of another mailbox, and later');
  assert.deepEqual(toldBy({ previews: wanting(message(6, 5000), told) }), { receivedAt: 5000, uid: 6 });
  assert.equal(toldBy({ previews: wanting(message(4, 4000), told) }), undefined, 'what was told stays');
  assert.equal(toldBy({ previews: undefined }), undefined);
});
