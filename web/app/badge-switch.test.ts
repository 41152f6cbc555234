// Turning the badge on, off, and keeping it: the pages' side together with the worker's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browsers, iconId, subscriptionId, WebAppWorld } from '../../test/fixtures/web-app-world.ts';
import type { Browser } from './browser.ts';

const day = 86_400_000;

async function turnedOn(facts: Browser['facts'] = browsers.chromium): Promise<WebAppWorld> {
  const world = new WebAppWorld({ facts });
  assert.equal((await world.turnOn()).kind, 'on');
  world.calls.length = 0;
  return world;
}

test('the badge is turned on, step by step', async () => {
  const world = new WebAppWorld({ facts: browsers.firefox });
  const { kind, steps } = await world.turnOn({ previews: true });
  assert.equal(kind, 'on');
  assert.deepEqual(steps, ['permission', 'push-service', 'ticket', 'registration', 'code', 'subscription']);
  const [subscribed] = world.called('POST', '/v1/subscriptions');
  assert.equal(subscribed?.body['presentation'], 'notification');
  assert.equal(subscribed?.body['form'], 'worker');
  assert.equal(subscribed?.body['previews'], true);
  const { active, pending, installationId } = await world.store.read();
  assert.equal(active?.subscriptionId, subscriptionId);
  assert.equal(pending, null);
  assert.match(installationId, /^[A-Za-z0-9_-]{22}$/);
});

test('a code that overtakes the answer of the relay is not lost', async () => {
  const world = new WebAppWorld({ facts: browsers.chromium });
  world.code = 'early';
  assert.equal((await world.turnOn()).kind, 'on');
});

test('an app that was once seen installed gets its badge silently, where that is tolerated', async () => {
  const world = new WebAppWorld({ facts: browsers.chromium });
  world.standalone = true;
  await world.turnOn();
  assert.equal(world.called('POST', '/v1/subscriptions')[0]?.body['presentation'], 'badge');
  assert.equal((await world.store.read()).installed, true);
});

const failures: readonly [what: string, code: string, prepare: (world: WebAppWorld) => void][] = [
  [
    'the person refuses',
    'permission-denied',
    world => {
      world.answer = 'denied';
    },
  ],
  [
    'the person closes the question',
    'permission-dismissed',
    world => {
      world.answer = 'default';
    },
  ],
  [
    'the browser was told to ask no more',
    'permission-denied',
    world => {
      world.obstacle = 'permission-denied';
    },
  ],
  [
    'there is no push',
    'push-unsupported',
    world => {
      world.obstacle = 'push-unsupported';
    },
  ],
  [
    'an iPhone has the app in a tab',
    'not-installed',
    world => {
      world.obstacle = 'not-installed';
    },
  ],
  [
    'the push service cannot be reached',
    'push-service-unreachable',
    world => {
      world.pushServiceReachable = false;
    },
  ],
  ['the proxy is away', 'offline', world => world.failing.set('/v1/tickets', 'offline')],
  ['the relay is away', 'offline', world => world.failing.set('/v1/registrations', 'offline')],
  [
    'the proxy cannot reach the relay',
    'relay-unreachable',
    world => world.failing.set('/v1/tickets', { status: 503, code: 'relay-unreachable' }),
  ],
  [
    'there are as many devices as allowed',
    'subscription-limit',
    world => world.failing.set('/v1/subscriptions', { status: 409, code: 'subscription-limit' }),
  ],
  [
    'the session has ended',
    'session-invalid',
    world => world.failing.set('/v1/tickets', { status: 401, code: 'session-invalid' }),
  ],
  [
    'something else answers',
    'unexpected-answer',
    world => world.failing.set('/v1/tickets', { status: 511, code: 'sign in to the hotel' }),
  ],
];

for (const [what, code, prepare] of failures) {
  test(`not turned on when ${what}: ${code}`, async () => {
    const world = new WebAppWorld({ facts: browsers.firefox });
    prepare(world);
    const result = await world.turnOn();
    assert.equal(result.kind === 'failed' && result.failure.code, code);
    assert.equal((await world.store.read()).active, null);
    assert.equal((await world.store.read()).sessionEnded, code === 'session-invalid');
  });
}

test('a code that does not come in time is told; when it comes after all, the worker finishes', async () => {
  const world = new WebAppWorld({ facts: browsers.firefox, codeTimeoutMs: 10 });
  world.code = 'never';
  const result = await world.turnOn();
  assert.equal(result.kind === 'failed' && result.failure.code, 'code-not-arrived');
  await world.push({ v: 1, kind: 'challenge', code: 'late' });
  assert.equal((await world.store.read()).active?.iconId, iconId);
});

test('turned off: at the proxy, at the push service, and nothing stays shown', async () => {
  const world = await turnedOn(browsers.firefox);
  await world.push({
    v: 1,
    kind: 'badge',
    subscription: iconId,
    badge: 5,
    rev: 4,
    presentation: 'notification',
  });
  assert.equal(world.shown.size, 1);
  assert.deepEqual(await world.badgeSwitch.turnOff(), { kind: 'off' });
  assert.equal(world.called('DELETE', `/v1/subscriptions/${subscriptionId}`).length, 1);
  assert.equal(world.hasPushAddress, false);
  assert.equal(world.shown.size, 0);
  assert.equal((await world.store.read()).active, null);
});

test('turned off although the proxy knows nothing of it, but not when it cannot be told', async () => {
  const world = await turnedOn();
  const path = `/v1/subscriptions/${subscriptionId}`;
  world.failing.set(path, 'offline');
  const result = await world.badgeSwitch.turnOff();
  assert.equal(result.kind === 'failed' && result.failure.code, 'offline');
  assert.notEqual((await world.store.read()).active, null);
  world.failing.set(path, { status: 404, code: 'subscription-not-found' });
  assert.equal((await world.badgeSwitch.turnOff()).kind, 'off');
});

test('opened: the proxy is told what the icon shows, and the icon shows what it answers', async () => {
  const world = await turnedOn();
  await world.push({ v: 1, kind: 'badge', subscription: iconId, badge: 5, rev: 4, presentation: 'badge' });
  const result = await world.badgeSwitch.renewIfNeeded();
  assert.deepEqual(result.kind === 'on' && result.opened, { badge: 2, rev: 9 });
  assert.deepEqual(world.called('POST', `/v1/icons/${iconId}/opened`)[0]?.body, { badge: 5 });
  assert.equal(world.number, 2);
  assert.equal(world.called('POST', '/v1/tickets').length, 0);
  assert.equal(world.called('POST', `/v1/subscriptions/${subscriptionId}/renew`).length, 0, 'it is fresh');
});

test('opened after the proxy was restored from a backup: its older revisions count from now on', async () => {
  const world = await turnedOn();
  await world.push({ v: 1, kind: 'badge', subscription: iconId, badge: 5, rev: 40, presentation: 'badge' });
  await world.badgeSwitch.renewIfNeeded();
  assert.equal(world.number, 2);
  await world.push({ v: 1, kind: 'badge', subscription: iconId, badge: 3, rev: 10, presentation: 'badge' });
  assert.equal(world.number, 3);
});

test('opened in the second half of its life, the subscription is renewed', async () => {
  const world = await turnedOn();
  world.time += 16 * day;
  const result = await world.badgeSwitch.renewIfNeeded();
  assert.equal(world.called('POST', `/v1/subscriptions/${subscriptionId}/renew`).length, 1);
  assert.equal(result.kind === 'on' && result.active.expiresAt, world.time + 30 * day);
});

test('a push address that was lost is replaced, all the way', async () => {
  const world = await turnedOn();
  world.losePushAddress();
  assert.equal((await world.badgeSwitch.renewIfNeeded()).kind, 'on');
  assert.equal(world.called('POST', '/v1/registrations').length, 1);
  assert.equal((await world.store.read()).active?.address.endpoint, 'https://push.example.com/2');
});

test('a target that its provider does not know any more is registered again', async () => {
  const world = await turnedOn();
  world.iconState = 'paused';
  assert.equal((await world.badgeSwitch.renewIfNeeded()).kind, 'on');
  assert.equal(world.called('POST', '/v1/registrations').length, 1);
  assert.equal((await world.store.read()).active?.address.endpoint, 'https://push.example.com/2');
});

test('ended because the push service dropped the address, which the browser does not know: another one', async () => {
  const world = await turnedOn();
  world.failing.set(`/v1/icons/${iconId}`, { status: 404, code: 'icon-not-found' });
  world.endedReason = 'target-gone';
  assert.equal((await world.badgeSwitch.renewIfNeeded()).kind, 'on');
  assert.equal((await world.store.read()).active?.address.endpoint, 'https://push.example.com/2');
});

test('expired: subscribed again with the target that is known', async () => {
  const world = await turnedOn();
  world.failing.set(`/v1/icons/${iconId}`, { status: 404, code: 'icon-not-found' });
  assert.equal((await world.badgeSwitch.renewIfNeeded()).kind, 'on');
  assert.equal(world.called('POST', '/v1/subscriptions').length, 1);
  assert.equal(world.called('POST', '/v1/registrations').length, 0);
});

test('ended by the person on another device: it stays ended', async () => {
  const world = await turnedOn();
  world.failing.set(`/v1/icons/${iconId}`, { status: 404, code: 'icon-not-found' });
  world.endedReason = 'unsubscribed';
  assert.deepEqual(await world.badgeSwitch.renewIfNeeded(), { kind: 'ended' });
  assert.equal(world.hasPushAddress, false);
  assert.deepEqual(await world.badgeSwitch.renewIfNeeded(), { kind: 'off' });
});

test('installed meanwhile: shown as a badge from now on', async () => {
  const world = await turnedOn();
  world.standalone = true;
  await world.badgeSwitch.renewIfNeeded();
  assert.equal(world.called('POST', '/v1/subscriptions')[0]?.body['presentation'], 'badge');
  await world.badgeSwitch.renewIfNeeded();
  assert.equal(world.called('POST', '/v1/subscriptions').length, 1, 'once');
});

test('another language: the proxy is told where it writes the words, else the worker knows it', async () => {
  for (const [facts, times] of [
    [browsers.safari, 1],
    [browsers.chromium, 0],
  ] as const) {
    const world = await turnedOn(facts);
    await world.store.update(() => ({ language: 'zh-Hant' }));
    await world.badgeSwitch.renewIfNeeded();
    assert.equal(world.called('POST', '/v1/subscriptions').length, times);
  }
});

test('the permission was taken away', async () => {
  const world = await turnedOn();
  world.permission = 'denied';
  const result = await world.badgeSwitch.renewIfNeeded();
  assert.equal(result.kind === 'failed' && result.failure.code, 'permission-denied');
});

test('wishes are changed in place', async () => {
  const world = await turnedOn();
  const result = await world.badgeSwitch.change({ policy: 'since-viewed', previews: true });
  assert.deepEqual(result.kind === 'on' && result.active.wishes, { policy: 'since-viewed', previews: true });
  assert.deepEqual((await world.store.read()).active?.wishes, { policy: 'since-viewed', previews: true });
});
