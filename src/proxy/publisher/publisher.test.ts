// The publisher on a real database, against a relay that does as it is told. The invariant under crashes, takeovers
// and unknown outcomes has its own test: test/faults/badge-invariant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lease } from '../../../src/proxy/database/lease.ts';
import { storeEnabled } from '../../../test/fixtures/enabled-proxy.ts';
import { openProxyStages, subscribeRequest } from '../../../test/fixtures/proxy-stages.ts';

async function oneIcon(request = subscribeRequest()) {
  const stages = await openProxyStages();
  await stages.publisher.start();
  const { iconId } = await stages.subscriptions.subscribe(request);
  return { ...stages, iconId, [Symbol.asyncDispose]: stages[Symbol.asyncDispose] };
}

test('a changed count is published, once, and once more a minute later', async () => {
  await using stages = await oneIcon();
  await stages.count('anna', 3);
  assert.deepEqual(stages.relay.badges, [3]);
  await stages.clock.advance(50_000);
  assert.deepEqual(stages.relay.badges, [3]);
  await stages.clock.advance(25_000);
  assert.deepEqual(stages.relay.badges, [3, 3]);
  await stages.clock.advance(600_000);
  assert.deepEqual(stages.relay.badges, [3, 3]);
});

test('a burst is coalesced: five at once, then one every two seconds, and the newest always arrives', async () => {
  await using stages = await oneIcon();
  for (let unseen = 1; unseen <= 20; unseen++) await stages.count('anna', unseen);
  assert.deepEqual(stages.relay.badges, [1, 2, 3, 4, 5]);
  await stages.clock.advance(2000);
  assert.deepEqual(stages.relay.badges, [1, 2, 3, 4, 5, 20]);
});

test('where each push is visible: up at once, down once a minute, nothing repeated', async () => {
  await using stages = await oneIcon(subscribeRequest({ presentation: 'notification' }));
  for (const unseen of [3, 2, 1]) await stages.count('anna', unseen);
  assert.deepEqual(stages.relay.badges, [3]);
  await stages.count('anna', 4);
  assert.deepEqual(stages.relay.badges, [3, 4]);
  await stages.count('anna', 2);
  await stages.clock.advance(59_000);
  assert.deepEqual(stages.relay.badges, [3, 4]);
  await stages.clock.advance(300_000);
  assert.deepEqual(stages.relay.badges, [3, 4, 2]);
});

test('a new message goes at once although the badge is still smaller than the one that was pushed', async () => {
  await using stages = await oneIcon(subscribeRequest({ presentation: 'notification' }));
  for (const unseen of [3, 0]) await stages.count('anna', unseen);
  assert.deepEqual(stages.relay.badges, [3]);
  await stages.count('anna', 1);
  assert.deepEqual(stages.relay.badges, [3, 1]);
});

test('Web Push carries the payload encrypted, APNs carries none', async () => {
  const keys = { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) };
  await using stages = await oneIcon(subscribeRequest({ keys }));
  await stages.count('anna', 3);
  const body = stages.relay.requests[0]?.notifications[0]?.body ?? '';
  assert.deepEqual(JSON.parse(Buffer.from(body, 'base64url').toString()), {
    v: 1,
    kind: 'badge',
    subscription: stages.iconId,
    badge: 3,
    rev: 1,
    presentation: 'badge',
  });
});

test('a delay that the relay asks for is kept, and then the newest badge goes', async () => {
  await using stages = await oneIcon();
  const accept = stages.relay.answer;
  stages.relay.answer = ({ id }) => ({
    id,
    outcome: 'deferred',
    reason: 'provider-throttled',
    retryAfterMs: 30_000,
  });
  await stages.count('anna', 1);
  await stages.count('anna', 2);
  stages.relay.answer = accept;
  await stages.clock.advance(29_999);
  assert.deepEqual(stages.relay.badges, [1]);
  await stages.clock.advance(3001); // a tenth of jitter
  assert.deepEqual(stages.relay.badges, [1, 2]);
});

test('an unknown outcome blocks its icon for 15 s, and then the badge wanted by then goes', async () => {
  await using stages = await oneIcon();
  const accept = stages.relay.answer;
  stages.relay.answer = () => undefined;
  await stages.count('anna', 1);
  stages.relay.answer = accept;
  await stages.count('anna', 2);
  await stages.clock.advance(14_999);
  assert.deepEqual(stages.relay.badges, [1]);
  await stages.clock.advance(1);
  assert.deepEqual(stages.relay.badges, [1, 2]);
});

test('while the relay is away small probes go, at most 5 s apart; then everything', async () => {
  await using stages = await openProxyStages();
  for (let index = 0; index < 25; index++) {
    const installationId = `phone-${index}`;
    const mailboxId = index < 15 ? 'anna' : 'ben'; // a mailbox has at most 20
    await stages.subscriptions.subscribe(
      subscribeRequest({ mailboxId, target: `target-${index}`, installationId }),
    );
  }
  await stages.count('anna', 1);
  await stages.count('ben', 1);
  stages.relay.end = { kind: 'not-sent', code: 'relay-unreachable', detail: 'no route' };
  await stages.publisher.start();
  for (let second = 0; second < 60; second++) await stages.clock.advance(1000);
  const probes = stages.relay.requests.slice(1);
  assert.ok(probes.length >= 12, `only ${probes.length} probes in a minute`);
  assert.ok(probes.every(({ notifications }) => notifications.length <= 10));
  stages.relay.end = { kind: 'answered' };
  await stages.clock.advance(5001);
  const shown = await stages.db.selectFrom('icon').select('id').where('shown', '=', 1).execute();
  assert.equal(shown.length, 25);
});

test('a relay that names a delay is not asked before', async () => {
  await using stages = await oneIcon();
  stages.relay.end = { kind: 'refused', code: 'overloaded', detail: 'busy', retryAfterMs: 120_000 };
  await stages.count('anna', 1);
  stages.relay.end = { kind: 'answered' };
  await stages.clock.advance(119_000);
  assert.equal(stages.relay.requests.length, 1);
  await stages.clock.advance(2000);
  assert.equal(stages.relay.requests.length, 2);
});

test('a replaced seal is stored; an invalid target pauses the icon until it registers again', async () => {
  await using stages = await oneIcon();
  stages.relay.answer = ({ id }) => ({
    id,
    outcome: 'accepted',
    providerId: 'p',
    replacementTarget: 'sealed-anew',
  });
  await stages.count('anna', 1);
  assert.equal((await stages.icon(stages.iconId)).sealed_target, 'sealed-anew');
  const accept = stages.relay.answer;
  stages.relay.answer = ({ id }) => ({ id, outcome: 'rejected', reason: 'target-invalid' });
  await stages.count('anna', 2);
  stages.relay.answer = accept;
  await stages.clock.advance(3_600_000);
  assert.deepEqual(stages.relay.badges, [1, 2]);
  await stages.subscriptions.subscribe(subscribeRequest());
  await stages.clock.advance(0);
  assert.deepEqual(stages.relay.badges, [1, 2, 2]);
});

test('a device that is gone ends its icon; a burst of them freezes, and ends nobody more', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `mailbox-${index}`);
  await using stages = await openProxyStages({ mailboxes: many });
  for (const [index, mailboxId] of many.entries()) {
    const installationId = `phone-${index}`;
    await stages.subscriptions.subscribe(
      subscribeRequest({ mailboxId, target: `target-${index}`, installationId }),
    );
    await stages.count(mailboxId, 1);
  }
  stages.relay.answer = ({ id }) => ({ id, outcome: 'rejected', reason: 'target-gone' });
  await stages.publisher.start();
  await stages.clock.advance(1000);
  const live = await stages.db.selectFrom('icon').select('id').where('ended_at', 'is', null).execute();
  assert.equal(live.length, 10, 'the tripwire lets twenty go');
  assert.equal(stages.recorded.filter(event => event.kind === 'endings-frozen').length, 1);
});

test('a device that was gone before it registered is not gone', async () => {
  await using stages = await oneIcon();
  stages.relay.answer = ({ id }) => ({ id, outcome: 'rejected', reason: 'target-gone', goneSince: 1 });
  await stages.count('anna', 1);
  const icon = await stages.icon(stages.iconId);
  assert.deepEqual([icon.ended_at, icon.paused_reason], [null, 'target-invalid']);
});

test('an unsubscribed icon is shown its 0 before it ends', async () => {
  await using stages = await oneIcon();
  await stages.count('anna', 3);
  await stages.subscriptions.endDevice({
    mailboxId: 'anna',
    installationId: 'phone-01',
    reason: 'signed-out',
  });
  await stages.clock.advance(0);
  assert.deepEqual(stages.relay.badges, [3, 0]);
  assert.equal((await stages.icon(stages.iconId)).ended_at, null, 'its repetition is still to come');
  await stages.clock.advance(90_000);
  assert.deepEqual(stages.relay.badges, [3, 0, 0]);
  assert.notEqual((await stages.icon(stages.iconId)).ended_at, null);
});

test('a process whose epoch has passed stops and writes nothing more', async () => {
  await using stages = await oneIcon();
  await stages.count('anna', 1);
  await new Lease({ db: stages.db }).take();
  await stages.count('anna', 2);
  await stages.clock.advance(60_000);
  assert.deepEqual(stages.relay.badges, [1]);
  assert.deepEqual(
    stages.failures.map(failure => (failure as { code: string }).code),
    ['proxy-taken-over'],
  );
});

test('stopping leaves an unanswered attempt in the database, which blocks the next process too', async () => {
  const stages = await oneIcon();
  stages.relay.publish = (_request, { signal }) =>
    new Promise(resolve => {
      signal.addEventListener('abort', () => resolve({ kind: 'broken', detail: 'stopped' }));
    });
  await stages.count('anna', 1);
  const stopped = stages.publisher[Symbol.asyncDispose]();
  await stages.clock.advance(3000);
  await stopped;
  const icon = await stages.icon(stages.iconId);
  assert.equal(icon.attempt_badge, 1);
  assert.notEqual(icon.attempt_id, null);
  assert.equal(icon.attempt_blocks_until, (icon.attempt_at ?? 0) + 15_000);
  await stages[Symbol.asyncDispose]();
});

test('an attempt that an ended icon left blocks whichever icon has its target next', async () => {
  await using stages = await oneIcon();
  const subscribe = (mailboxId: string, target: string) =>
    stages.subscriptions.subscribe(subscribeRequest({ mailboxId, target }));
  const { answer } = stages.relay;
  stages.relay.answer = () => undefined;
  await stages.count('anna', 1);
  const { attempt_blocks_until: blocksUntil } = await stages.icon(stages.iconId);
  const { iconId } = await subscribe('ben', 'target-2');
  await subscribe('anna', 'target-2');
  assert.equal((await stages.icon(stages.iconId)).ended_reason, 'target-replaced');
  await subscribe('anna', 'target-1');
  stages.relay.answer = answer;
  await stages.clock.advance((blocksUntil ?? 0) - stages.clock.now() - 1);
  assert.equal((await stages.icon(iconId)).target_id, 'target-1');
  assert.deepEqual(stages.relay.badges, [1]);
  await stages.clock.advance(5000);
  assert.deepEqual(stages.relay.badges, [1, 1]);
});

test('disabled: no new attempt, what is under way ends; enabled again, what is right is published at once', async () => {
  await using stages = await oneIcon();
  await stages.count('anna', 3);
  await storeEnabled(stages.db, { enabled: false });
  await stages.count('anna', 4);
  await stages.count('anna', 5);
  await stages.clock.advance(600_000);
  assert.deepEqual(stages.relay.badges, [3], 'not even the repetition');
  assert.equal((await stages.icon(stages.iconId)).wanted, 5, 'counting goes on');
  await storeEnabled(stages.db);
  stages.publisher.wake();
  await stages.clock.advance(0);
  assert.deepEqual(stages.relay.badges, [3, 5]);
});

test('an answer that comes after disabling is stored', async () => {
  await using stages = await oneIcon();
  const asked = Promise.withResolvers<void>();
  const publish = stages.relay.publish.bind(stages.relay);
  stages.relay.publish = async (request, options) => {
    await asked.promise;
    return publish(request, options);
  };
  await stages.count('anna', 3);
  await storeEnabled(stages.db, { enabled: false });
  asked.resolve();
  await stages.clock.advance(0);
  const icon = await stages.icon(stages.iconId);
  assert.deepEqual([icon.shown, icon.attempt_id], [3, null]);
});

test('nothing is published before the first "proxy enable"', async () => {
  await using stages = await oneIcon();
  await stages.db.deleteFrom('proxy_object').execute();
  await stages.count('anna', 3);
  await stages.clock.advance(60_000);
  assert.deepEqual(stages.relay.badges, []);
});

const keys = { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) };
const message = (uid: number, subject: string) => ({
  uid,
  messageId: null,
  fromName: 'Carol',
  fromAddress: 'carol@fabrikam.com',
  subject,
  receivedAt: 1_790_000_000_000 + uid,
});

/** What each notification of the test's encryption, which does not encrypt, previews. */
function previewed({ relay }: Awaited<ReturnType<typeof oneIcon>>): (string | undefined)[] {
  return relay.requests.flatMap(({ notifications }) =>
    notifications.map(({ body = '', preview = '' }) => {
      const text = Buffer.from(body === '' ? preview : body, 'base64url').toString();
      return /"subject":"([^"]*)"/.exec(text)?.[1];
    }),
  );
}

test('a preview goes with a badge of its own mailbox, while it is wanted', async () => {
  await using stages = await oneIcon(subscribeRequest({ keys, previews: true }));
  const { iconId } = await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben', keys }));
  assert.equal(iconId, stages.iconId);
  await stages.count('anna', 0);
  await stages.count('ben', 0);
  stages.newestMessages.set('ben', message(9, 'not wanted'));
  await stages.count('ben', 1);
  stages.newestMessages.set('anna', message(1, 'Lunch?'));
  await stages.count('anna', 1);
  await stages.count('anna', 0);
  assert.deepEqual(previewed(stages), [undefined, undefined, 'Lunch?', undefined]);
  await stages.subscriptions.subscribe(subscribeRequest({ keys, previews: false }));
  await stages.clock.advance(10_000);
  await stages.count('anna', 1);
  assert.equal(previewed(stages).at(-1), undefined, 'turned off');
});

test('a native app gets its preview with a badge that rises, and never with the repetition', async () => {
  await using stages = await oneIcon(subscribeRequest({ previews: true, previewKeys: keys }));
  stages.newestMessages.set('anna', message(1, 'there before'));
  await stages.count('anna', 1);
  stages.newestMessages.set('anna', message(2, 'Lunch?'));
  await stages.count('anna', 2);
  await stages.clock.advance(90_000);
  stages.newestMessages.set('anna', message(1, 'there before'));
  await stages.count('anna', 1);
  assert.deepEqual(stages.relay.badges, [1, 2, 2, 1]);
  assert.deepEqual(previewed(stages), [undefined, 'Lunch?', undefined, undefined]);
});

test('a preview is of the newest message that is unseen, whichever mailbox has it', async () => {
  await using stages = await oneIcon(subscribeRequest({ keys, previews: true }));
  await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben', keys, previews: true }));
  stages.newestMessages.set('anna', message(1, 'Lunch?'));
  stages.newestMessages.set('ben', message(9, 'Dinner?'));
  await stages.count('anna', 1);
  await stages.count('ben', 1);
  await stages.count('ben', 0);
  assert.deepEqual(previewed(stages), ['Lunch?', 'Dinner?', 'Lunch?']);
});

test('a message rings once, after a restart too; one whose push was deferred rings when it goes again', async () => {
  await using stages = await oneIcon(subscribeRequest({ previews: true, previewKeys: keys }));
  await stages.subscriptions.subscribe(subscribeRequest({ mailboxId: 'ben', previewKeys: keys }));
  await stages.count('anna', 0);
  const { answer } = stages.relay;
  stages.relay.answer = ({ id }) => ({ id, outcome: 'deferred', reason: 'provider-unavailable' });
  stages.newestMessages.set('anna', message(2, 'Lunch?'));
  await stages.count('anna', 1);
  stages.relay.answer = answer;
  await stages.clock.advance(2000);
  assert.deepEqual(previewed(stages), [undefined, 'Lunch?', 'Lunch?']);

  await stages.publisher[Symbol.asyncDispose]();
  await using restarted = stages.newPublisher();
  await restarted.start();
  await stages.clock.advance(10_000);
  await stages.count('ben', 1);
  restarted.wake();
  await stages.clock.advance(0);
  stages.newestMessages.set('anna', message(1, 'an older one, unseen again'));
  await stages.count('anna', 2);
  restarted.wake();
  await stages.clock.advance(0);
  assert.deepEqual(stages.relay.badges, [0, 1, 1, 2, 3]);
  assert.deepEqual(previewed(stages).slice(3), [undefined, undefined]);
});

test('no preview before the mailbox was looked at', async () => {
  await using stages = await oneIcon(subscribeRequest({ keys, previews: true }));
  await stages.count('anna', 3);
  assert.deepEqual(previewed(stages), [undefined]);
});
