// POST /v1/notifications: every item has exactly one outcome, the right one, and nobody's trouble is another's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemSchema } from '../../src/contract/problem.ts';
import { relayActor } from '../../src/relay/administrators/audit-log.ts';
import { changeOrganization } from '../../src/relay/organizations/organization-changes.ts';
import type { ProviderAnswer, ProviderNotification } from '../../src/relay/providers/provider.ts';
import { openPublishingRelay } from '../fixtures/publishing-relay.ts';

type Relay = Awaited<ReturnType<typeof openPublishingRelay>>;

const minuteMs = 60_000;

function act({ clock }: Relay) {
  return { now: clock.now(), actor: relayActor };
}

function summary(results: readonly { outcome: string; reason?: string }[]): string[] {
  return results.map(({ outcome, reason }) => (reason === undefined ? outcome : `${outcome} ${reason}`));
}

/** Publishes one notification and tells its outcome. */
async function outcomeOf(
  relay: Relay,
  owner: Parameters<Relay['publish']>[0],
  sealedTarget: string,
  changes: Record<string, unknown> = {},
) {
  const [result] = await relay.publish(owner, [relay.notification(sealedTarget, changes)]);
  assert.ok(result !== undefined);
  return summary([result])[0];
}

test('a batch of a thousand: each is delivered once and answered once', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const sealed = await Promise.all(Array.from({ length: 50 }, (_, device) => relay.register(owner, device)));
  const notifications = Array.from({ length: 1000 }, (_, index) =>
    relay.notification(sealed[index % 50]?.sealedTarget ?? '', { badge: index }),
  );
  const results = await relay.publish(owner, notifications);
  assert.deepEqual(new Set(summary(results)), new Set(['accepted']));
  assert.deepEqual(
    results.map(result => result.id).sort(),
    notifications.map(notification => notification.id).sort(),
  );
  assert.deepEqual(
    relay.apns.delivered.map(({ badge }) => badge).sort((a, b) => a - b),
    notifications.map(({ badge }) => badge),
  );
});

test('what the provider is given is what was published, with the relay’s own notAfter', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  const notification = relay.notification(sealedTarget, { badge: 0, preview: 'AAAA' });
  await relay.publish(owner, [notification]);
  const { appId: _, sealedTarget: __, ...passedOn } = notification;
  const [delivered] = relay.apns.delivered;
  assert.ok(delivered !== undefined);
  const { target, ...rest } = delivered;
  assert.deepEqual(rest, { ...passedOn, notAfter: relay.clock.now() + 5000 });
  assert.equal(target.provider, 'apns');
});

test('a slow device does not hold up the results of the others', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const sealed = await Promise.all([1, 2, 3].map(device => relay.register(owner, device)));
  const slow = Promise.withResolvers<ProviderAnswer>();
  relay.apns.answer = ({ badge, id }) => (badge === 0 ? slow.promise : { kind: 'accepted', providerId: id });
  const notifications = sealed.map(({ sealedTarget }, badge) => relay.notification(sealedTarget, { badge }));
  const response = await relay.post(
    '/v1/notifications',
    { notAfter: relay.clock.now() + 5000, notifications },
    { ...relay.asOrganization(owner), accept: 'application/x-ndjson' },
  );
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
  const lines = readLines(response);
  const first = [await lines.next(), await lines.next()].map(({ value }) => value as { id: string });
  assert.deepEqual(
    first.map(({ id }) => id).sort(),
    notifications
      .slice(1)
      .map(({ id }) => id)
      .sort(),
  );
  slow.resolve({ kind: 'accepted', providerId: 'at last' });
  const third = (await lines.next()).value as { id: string; providerId: string };
  assert.deepEqual([third.id, third.providerId], [notifications[0]?.id, 'at last']);
  assert.deepEqual((await lines.next()).value, { relayTime: relay.clock.now() });
  assert.equal((await lines.next()).done, true);
});

test('a provider that never answers is of unknown outcome, in time; one that fails too', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  const asked = Promise.withResolvers<void>();
  relay.apns.answer = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const outcome = outcomeOf(relay, owner, sealedTarget);
  await asked.promise;
  await relay.clock.advance(5000 + 8001);
  assert.equal(await outcome, 'deferred outcome-unknown');
  relay.apns.answer = () => {
    throw new Error('a bug');
  };
  assert.equal(await outcomeOf(relay, owner, sealedTarget), 'deferred outcome-unknown');
  assert.ok(relay.recorded.some(event => event.kind === 'provider-failed'));
  assert.equal(relay.clock.pendingTimers, 0);
});

test('nothing starts after notAfter', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  const body = {
    notAfter: relay.clock.now() + 5000,
    notifications: Array.from({ length: 20 }, () => relay.notification(sealedTarget)),
  };
  const publishing = relay.post('/v1/notifications', body, relay.asOrganization(owner));
  await relay.clock.advance(5001); // before a single turn of the event loop could start one
  const { results } = (await (await publishing).json()) as { results: { outcome: string; reason: string }[] };
  const started = relay.apns.delivered.length;
  assert.equal(results.filter(({ reason }) => reason === 'not-after-passed').length, 20 - started);
  assert.ok(relay.apns.delivered.every(({ notAfter }) => notAfter === body.notAfter));
});

test('sealed targets that are tampered with, foreign, revoked, denied or of an unknown key', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const other = await relay.organization('contoso.com');
  const { sealedTarget, targetId } = await relay.register(owner, 1);
  const spared = await relay.register(owner, 2);
  const last = sealedTarget.at(-5) === 'A' ? 'B' : 'A';
  const tampered = `${sealedTarget.slice(0, -5)}${last}${sealedTarget.slice(-4)}`;
  assert.equal(await outcomeOf(relay, owner, tampered), 'rejected target-not-openable');
  assert.equal(await outcomeOf(relay, other, sealedTarget), 'rejected target-not-openable');
  assert.equal(
    await outcomeOf(relay, owner, sealedTarget, { appId: 'only.apns' }),
    'rejected target-not-openable',
  );
  const unknownKey = sealedTarget.replace(/^mbt1\.[^.]+/, 'mbt1.unknown');
  assert.equal(await outcomeOf(relay, owner, unknownKey), 'deferred seal-key-unknown');
  await outcomeOf(relay, owner, unknownKey);
  assert.equal(relay.recorded.filter(event => event.kind === 'seal-key-unknown').length, 1, 'one alarm');
  assert.equal(relay.apns.delivered.length, 0);

  await relay.db
    .insertInto('denied_target')
    .values({ target_id: targetId, reason: 'stolen', created_at: 0 })
    .execute();
  await relay.clock.advance(5000); // the longest that the list may be old
  assert.equal(await outcomeOf(relay, owner, sealedTarget), 'rejected target-revoked');
  assert.equal(await outcomeOf(relay, owner, spared.sealedTarget), 'accepted');
  owner.caller.sealEpoch += 1;
  assert.equal(await outcomeOf(relay, owner, spared.sealedTarget), 'rejected target-revoked');
});

test('after the seal key was rotated an answer carries the replacement', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  await relay.keys.rotate('seal');
  await relay.publishing.reload();
  const [result] = await relay.publish(owner, [relay.notification(sealedTarget)]);
  assert.ok(result?.outcome === 'accepted' && result.replacementTarget !== undefined);
  const [again] = await relay.publish(owner, [relay.notification(result.replacementTarget)]);
  assert.ok(again?.outcome === 'accepted' && again.replacementTarget === undefined);
});

test('an item’s error is the item’s alone', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  const results = await relay.publish(owner, [
    relay.notification(sealedTarget, { badge: -1 }),
    relay.notification(sealedTarget, { subject: 'lunch?' }),
    relay.notification(sealedTarget, { appId: 'unknown.app' }),
    relay.notification(sealedTarget, { body: 'AAAA' }),
    relay.notification(sealedTarget, { body: 'A'.repeat(6000) }),
    relay.notification(sealedTarget, { preview: 'A'.repeat(3000) }),
    relay.notification(sealedTarget, { rev: 3 }), // of APNs
    relay.notification('x'),
    relay.notification(sealedTarget),
    { id: relay.notification('').id, sealedTarget: { deep: [[[]]] } },
  ]);
  assert.deepEqual(summary(results).sort(), [
    'accepted',
    'deferred app-unknown',
    'rejected notification-invalid',
    'rejected notification-invalid',
    'rejected notification-invalid',
    'rejected notification-invalid',
    'rejected notification-invalid',
    'rejected notification-invalid',
    'rejected payload-too-large',
    'rejected payload-too-large',
  ]);
  const named = results.find(result => 'detail' in result && result.detail?.includes('subject') === true);
  assert.ok(named !== undefined, 'the detail names the member');
});

test('an error of the envelope refuses the batch, and nothing is started', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  const now = relay.clock.now();
  const good = relay.notification(sealedTarget);
  const refused = async (body: unknown, status: number, code: string) => {
    const response = await relay.post('/v1/notifications', body, relay.asOrganization(owner));
    const problem = problemSchema.loose().parse(await response.json());
    assert.deepEqual([response.status, problem.code], [status, code], problem.detail);
    return problem;
  };
  const inTime = { notAfter: now + 5000, notifications: [good] };
  assert.equal(
    (await refused({ ...inTime, notAfter: now + 5001 }, 400, 'not-after-too-far'))['relayTime'],
    now,
  );
  assert.equal((await refused({ ...inTime, notAfter: now - 1 }, 400, 'not-after-passed'))['relayTime'], now);
  const tooMany = Array.from({ length: 1001 }, () => relay.notification(sealedTarget));
  await refused({ ...inTime, notifications: tooMany }, 413, 'batch-too-large');
  await refused({ ...inTime, more: 1 }, 400, 'invalid-request');
  await refused(
    { ...inTime, notifications: [good, { ...good, id: good.id.toUpperCase() }] },
    400,
    'invalid-request',
  );
  for (const notifications of [[], undefined, {}, [null], ['x'], [{ id: 'no uuid' }], [{}]]) {
    await refused({ ...inTime, notifications }, 400, 'invalid-request');
  }
  for (const text of ['', '{', 'null', '[]', '['.repeat(100_000)])
    await refused(text, 400, 'invalid-request');
  for (const notAfter of [null, '1', 1.5, -1, 1e300]) {
    await refused({ ...inTime, notAfter }, 400, 'invalid-request');
  }
  await refused(`{"x":"${'x'.repeat(8 * 1024 * 1024)}"}`, 413, 'body-too-large');
  assert.equal((await relay.post('/v1/notifications', inTime)).status, 401);
  const text = { ...relay.asOrganization(owner), 'content-type': 'text/plain' };
  assert.equal((await relay.post('/v1/notifications', inTime, text)).status, 415);
  assert.equal(relay.apns.delivered.length, 0);
});

test('a configuration error opens the app’s breaker: one canary a minute, one alarm, and it ends nothing', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const sealed = await Promise.all(Array.from({ length: 10 }, (_, device) => relay.register(owner, device)));
  relay.apns.answer = () => ({ kind: 'misconfigured', reason: 'InvalidProviderToken' });
  const all = async () => {
    const results = await relay.publish(
      owner,
      sealed.map(({ sealedTarget }) => relay.notification(sealedTarget)),
    );
    return [...new Set(summary(results))];
  };
  assert.deepEqual(await all(), ['deferred app-misconfigured']);
  const before = relay.apns.delivered.length;
  await relay.clock.advance(minuteMs);
  assert.deepEqual(await all(), ['deferred app-misconfigured']);
  assert.equal(relay.apns.delivered.length, before + 1, 'the canary');
  assert.equal(relay.recorded.filter(event => event.kind === 'app-misconfigured').length, 1);
  relay.apns.answer = ({ id }) => ({ kind: 'accepted', providerId: id });
  await relay.clock.advance(minuteMs);
  await all();
  assert.ok(relay.recorded.some(event => event.kind === 'app-recovered'));
  assert.deepEqual(await all(), ['accepted']);
});

test('an unknown target is its own fault only where others are accepted', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner, 'good');
  const bad = await relay.register(owner, 'bad');
  relay.apns.answer = ({ target, id }: ProviderNotification) =>
    target.provider === 'apns' && Buffer.from(target.token, 'hex').toString().startsWith('device bad')
      ? { kind: 'unknown-target', reason: 'BadDeviceToken' }
      : { kind: 'accepted', providerId: id };
  assert.equal(await outcomeOf(relay, owner, bad.sealedTarget), 'deferred app-misconfigured');
  assert.equal(await outcomeOf(relay, owner, sealedTarget), 'accepted');
  assert.equal(await outcomeOf(relay, owner, bad.sealedTarget), 'rejected target-invalid');
  await relay.clock.advance(60 * minuteMs);
  assert.equal(await outcomeOf(relay, owner, bad.sealedTarget), 'deferred app-misconfigured');
});

test('gone ends only what registered before; when too many go at once it ends nothing', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner, 'again');
  relay.apns.answer = () => ({ kind: 'gone', since: relay.clock.now() - 1, reason: 'Unregistered' });
  assert.equal(await outcomeOf(relay, owner, sealedTarget), 'deferred gone-before-registration');

  const sealed = await Promise.all(Array.from({ length: 40 }, (_, device) => relay.register(owner, device)));
  relay.apns.answer = () => ({ kind: 'gone', since: relay.clock.now() + 1, reason: 'Unregistered' });
  const results = await relay.publish(
    owner,
    sealed.map(({ sealedTarget: each }) => relay.notification(each)),
  );
  const ended = summary(results).filter(outcome => outcome === 'rejected target-gone');
  const frozen = summary(results).filter(outcome => outcome === 'deferred gone-frozen');
  assert.deepEqual([ended.length, frozen.length], [20, 20]);
  assert.equal(relay.recorded.filter(event => event.kind === 'endings-frozen').length, 1);
});

test('an operator who knows that the devices are gone lifts the tripwire of this organization and app', async t => {
  const relay = await openPublishingRelay(t);
  const [owner, other] = [await relay.organization(), await relay.organization('contoso.com')];
  relay.apns.answer = () => ({ kind: 'gone', since: relay.clock.now() + 1, reason: 'Unregistered' });
  const endedOf = async (organization: typeof owner) => {
    const sealed = await Promise.all(
      Array.from({ length: 40 }, (_, device) => relay.register(organization, device)),
    );
    const results = await relay.publish(
      organization,
      sealed.map(({ sealedTarget }) => relay.notification(sealedTarget)),
    );
    return summary(results).filter(outcome => outcome === 'rejected target-gone').length;
  };
  assert.deepEqual([await endedOf(owner), await endedOf(other)], [20, 20]);
  const { organizationId } = owner.caller;
  await relay.db
    .insertInto('tripwire_lift')
    .values({ organization_id: organizationId, app_id: 'com.fabrikam.mail', lifted_at: relay.clock.now() })
    .execute();
  await relay.publishing.reload();
  assert.deepEqual([await endedOf(owner), await endedOf(other)], [40, 0]);
});

test('a device and an organization have their quotas; what was not started costs nothing', async t => {
  const relay = await openPublishingRelay(t, { organization_per_second: 30, device_burst: 5 });
  const owner = await relay.organization();
  const other = await relay.organization('contoso.com');
  const busy = await relay.register(owner, 'busy');
  const ofOther = await relay.register(other, 'theirs');
  const burst = (count: number) => Array.from({ length: count }, () => relay.notification(busy.sealedTarget));
  const count = (results: { outcome: string; reason?: string }[], outcome: string): number =>
    summary(results).filter(each => each === outcome).length;
  const first = await relay.publish(owner, burst(20));
  assert.deepEqual([count(first, 'accepted'), count(first, 'deferred device-throttled')], [5, 15]);
  const second = await relay.publish(owner, burst(30));
  assert.equal(
    count(second, 'deferred organization-throttled'),
    5,
    'only the five accepted had cost something',
  );
  assert.equal(await outcomeOf(relay, other, ofOther.sealedTarget), 'accepted');
  const throttled = first.find(result => result.outcome === 'deferred');
  assert.ok(throttled?.outcome === 'deferred' && (throttled.retryAfterMs ?? 0) > 0);
});

test('a quota that the operator sets for one organization acts at once, and on nobody else', async t => {
  const relay = await openPublishingRelay(t, { organization_per_second: 30, device_burst: 1000 });
  const owner = await relay.organization();
  const other = await relay.organization('contoso.com');
  const [ofOwner, ofOther] = [await relay.register(owner), await relay.register(other)];
  const throttled = async (organization: typeof owner, { sealedTarget }: typeof ofOwner) => {
    const results = await relay.publish(
      organization,
      Array.from({ length: 40 }, () => relay.notification(sealedTarget)),
    );
    return summary(results).filter(each => each === 'deferred organization-throttled').length;
  };
  const setQuota = async (quotaPerSecond: number | null) => {
    await changeOrganization(relay.db, owner.domain, { quotaPerSecond }, act(relay));
    await relay.publishing.reload(); // what a running relay does when a command has written
  };
  await setQuota(35);
  assert.deepEqual([await throttled(owner, ofOwner), await throttled(other, ofOther)], [5, 10]);
  await relay.clock.advance(60_000);
  await setQuota(null);
  assert.equal(await throttled(owner, ofOwner), 10);
});

test('one organization’s stuck devices hold up nobody else', async t => {
  const relay = await openPublishingRelay(t);
  const stuck = await relay.organization('stuck.example');
  const quick = await relay.organization('quick.example');
  const ofStuck = await Promise.all(
    Array.from({ length: 100 }, (_, device) => relay.register(stuck, device)),
  );
  const ofQuick = await relay.register(quick, 'quick');
  relay.apns.answer = ({ badge, id }) =>
    badge === 13 ? new Promise(() => {}) : { kind: 'accepted', providerId: id };
  const waiting = relay.publish(
    stuck,
    Array.from({ length: 1000 }, (_, index) =>
      relay.notification(ofStuck[index % 100]?.sealedTarget ?? '', { badge: 13 }),
    ),
  );
  assert.equal(await outcomeOf(relay, quick, ofQuick.sealedTarget), 'accepted');
  await relay.clock.advance(13_001);
  const results = summary(await waiting);
  assert.deepEqual([...new Set(results)].sort(), ['deferred not-after-passed', 'deferred outcome-unknown']);
});

test('no push target, code or seal is in any event', async t => {
  const relay = await openPublishingRelay(t);
  const owner = await relay.organization();
  const { sealedTarget } = await relay.register(owner);
  await relay.keys.rotate('seal');
  await relay.publishing.reload();
  await relay.publish(owner, [relay.notification(sealedTarget)]);
  const told = JSON.stringify(relay.recorded);
  for (const [token, code] of relay.apns.codes) assert.ok(!told.includes(token) && !told.includes(code));
  assert.ok(!told.includes('mbt1.'));
});

async function* readLines(response: Response): AsyncGenerator<unknown> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}
