// The badge of a device that counts since its last view, against a model that keeps its own list of what the device
// has not viewed: whatever arrives, is read, removed or restored, and in whatever order answers come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { InboxView } from '../mailboxes/mailbox-source.ts';
import { countFor, type Viewed } from './count-policy.ts';

type Message = { uid: number; seen: boolean; viewed: boolean };

class ModelInbox {
  uidValidity = 1;
  uidNext = 1;
  messages: Message[] = [];

  look(sinceUid: number): InboxView {
    const { uidValidity, uidNext } = this;
    const unseenSince = this.messages
      .filter(({ uid, seen }) => !seen && uid >= sinceUid)
      .map(({ uid }) => uid);
    return { uidValidity, uidNext, sinceUid, unseenSince, newest: [] };
  }

  /** What a badge since the last view must be. */
  get truth(): number {
    return this.messages.filter(({ seen, viewed }) => !seen && !viewed).length;
  }
}

const history = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'arrive' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('read', 'unread', 'expunge'), at: fc.nat(20) }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'view' as const }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('look' as const), sinceUid: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('late look' as const), back: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'recreate' as const }) },
  ),
  { maxLength: 60 },
);

test('after a look that reaches back, the count is what came after the last view and is unseen', () => {
  fc.assert(
    fc.property(history, happenings => {
      const inbox = new ModelInbox();
      const looks: InboxView[] = [];
      let viewed = null as Viewed | null;
      let count: number | undefined;
      const take = (view: InboxView) => {
        const told = countFor('since-viewed', { unseen: null, view }, viewed);
        count = told?.count ?? count;
        viewed = told?.viewed ?? viewed;
        return told;
      };
      const viewNow = (): void => {
        for (const message of inbox.messages) message.viewed = true;
        viewed = { uidValidity: inbox.uidValidity, uidNext: inbox.uidNext, unverified: false };
      };
      take(inbox.look(1));
      for (const happening of happenings) {
        const message =
          'at' in happening ? inbox.messages[happening.at % (inbox.messages.length || 1)] : undefined;
        switch (happening.kind) {
          case 'arrive':
            inbox.messages.push({ uid: inbox.uidNext++, seen: false, viewed: false });
            break;
          case 'read':
          case 'unread':
            if (message !== undefined) message.seen = happening.kind === 'read';
            break;
          case 'expunge':
            inbox.messages = inbox.messages.filter(each => each !== message);
            break;
          case 'view':
            viewNow();
            break;
          case 'look': {
            const view = inbox.look('sinceUid' in happening ? happening.sinceUid : 1);
            looks.push(view);
            const reaches = view.sinceUid <= (viewed?.uidNext ?? 0);
            const told = take(view);
            // It may know nothing new, but never anything wrong.
            if (told !== undefined || reaches) assert.equal(told?.count, inbox.truth);
            break;
          }
          case 'late look': {
            // The answer to an earlier look, overtaken on its way; judge-count.ts lets none of an older INBOX pass.
            const late = looks.at(-1 - ('back' in happening ? happening.back : 0));
            if (late !== undefined && late.uidValidity === inbox.uidValidity) take(late);
            break;
          }
          case 'recreate': {
            // Another INBOX under the same name: the next look is the first of it.
            inbox.uidValidity += 1;
            inbox.uidNext = 1 + inbox.messages.length;
            inbox.messages = inbox.messages.map(({ seen }, index) => ({
              uid: index + 1,
              seen,
              viewed: true,
            }));
            take(inbox.look(1));
            break;
          }
        }
      }
      take(inbox.look(1));
      assert.equal(count, inbox.truth);
    }),
    { numRuns: 2000 },
  );
});

test('the unseen policy takes the count as it is told', () => {
  assert.deepEqual(countFor('unseen', { unseen: 4, view: undefined }, null), { count: 4 });
  assert.equal(countFor('unseen', { unseen: null, view: undefined }, null), undefined);
});
