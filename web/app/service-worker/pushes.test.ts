import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browsers, iconId, subscriptionId, WebAppWorld } from '../../../test/fixtures/web-app-world.ts';
import type { Browser } from '../browser.ts';

const day = 86_400_000;
const preview = { mailbox: 'anna@fabrikam.com', from: 'Ben', subject: 'Lunch?', receivedAt: 1 };

function badge(count: number, rev: number, more: object = {}) {
  return {
    v: 1,
    kind: 'badge',
    subscription: iconId,
    badge: count,
    rev,
    presentation: 'notification',
    ...more,
  };
}

async function turnedOn(
  facts: Browser['facts'] = browsers.firefox,
  { standalone = false } = {},
): Promise<WebAppWorld> {
  const world = new WebAppWorld({ facts });
  world.standalone = standalone;
  assert.equal((await world.turnOn()).kind, 'on');
  world.calls.length = 0;
  world.toPages.length = 0;
  return world;
}

test('one silent notification follows the count, and stays at 0 where every push must show one', async () => {
  const world = await turnedOn();
  await world.push(badge(1, 1));
  assert.deepEqual([...world.shown], [[iconId, { title: '1 unseen message', body: '', silent: true }]]);
  await world.push(badge(2, 2));
  assert.equal(world.shown.get(iconId)?.title, '2 unseen messages');
  await world.push(badge(0, 3));
  assert.deepEqual([...world.shown.values()], [{ title: 'No unseen messages', body: '', silent: true }]);
  assert.deepEqual(
    world.toPages.map(message => message.kind === 'badge' && message.badge),
    [1, 2, 0],
  );
});

test('at 0 the notification goes where silent pushes are tolerated', async () => {
  const world = await turnedOn(browsers.chromium);
  await world.push(badge(1, 1));
  assert.equal(world.shown.size, 1);
  await world.push(badge(0, 2));
  assert.equal(world.shown.size, 0);
  assert.equal(world.number, 0);
});

test('an installed app has its number, and no notification', async () => {
  const world = await turnedOn(browsers.chromium, { standalone: true });
  await world.push(badge(7, 1, { presentation: 'badge' }));
  assert.equal(world.number, 7);
  assert.equal(world.shown.size, 0);
});

test('what an icon showed before the device registered anew goes with the first badge of the new one', async () => {
  for (const [facts, standalone, left] of [
    [browsers.firefox, false, [iconId]],
    [browsers.chromium, true, []],
  ] as const) {
    const world = await turnedOn(facts, { standalone });
    world.shown.set('icon-of-before', { title: '4 unseen messages', body: '', silent: true });
    await world.push(badge(5, 1));
    assert.deepEqual([...world.shown.keys()], left);
  }
});

test('an older revision changes nothing; the same one shows again', async () => {
  const world = await turnedOn(browsers.chromium, { standalone: true });
  await world.push(badge(7, 5));
  await world.push(badge(3, 4));
  assert.equal(world.number, 7);
  world.number = 0; // the browser forgot
  await world.push(badge(7, 5));
  assert.equal(world.number, 7);
});

test('the preview is text, in the language of the person', async () => {
  const world = await turnedOn();
  await world.store.update(() => ({ language: 'zh-Hans' }));
  const hostile = { ...preview, from: '<img src=x onerror=alert(1)>', subject: 'a'.repeat(1000) };
  await world.push(badge(2, 1, { preview: hostile }));
  const { title, body } = world.shown.get(iconId) ?? { title: '', body: '' };
  assert.equal(title, '<img src=x onerror=alert(1)>');
  assert.equal(body, `${'a'.repeat(200)}\n2 封未读邮件`);
  await world.push(badge(2, 2, { preview: { ...preview, from: ' ', subject: '' } }));
  assert.deepEqual(world.shown.get(iconId), { title: '2 封未读邮件', body: '', silent: true });
});

const ignored: readonly [name: string, payload: unknown][] = [
  ['an empty text', ''],
  ['no JSON', 'hello'],
  ['100 kB', JSON.stringify(badge(9, 9, { filling: 'x'.repeat(100_000) }))],
  ['deep JSON', `${'['.repeat(2000)}${']'.repeat(2000)}`],
  ['keys of the prototype', `{"__proto__":${JSON.stringify(badge(9, 9))}}`],
  ['a negative badge', badge(-1, 9)],
  ['a huge badge', badge(1e15, 9)],
  ['a foreign icon', badge(9, 9, { subscription: 'A'.repeat(22) })],
  ['a kind of tomorrow', { v: 1, kind: 'mailbox-full' }],
  [
    'a foreign declarative message',
    { web_push: 8030, notification: { title: 'Buy', navigate: 'https://evil.example' } },
  ],
  ['a code that nobody waits for', { v: 1, kind: 'challenge', code: 'stolen' }],
];

for (const [name, payload] of ignored) {
  test(`ignored, but not silent where that costs the subscription: ${name}`, async () => {
    const strict = await turnedOn();
    await strict.push(badge(4, 4));
    const before = await strict.store.read();
    strict.shown.clear();
    await strict.push(payload);
    assert.equal(strict.shown.get(iconId)?.title, '4 unseen messages');
    assert.deepEqual(await strict.store.read(), before);
    assert.deepEqual(strict.calls, []);

    const tolerant = await turnedOn(browsers.chromium);
    await tolerant.push(payload);
    assert.equal(tolerant.shown.size, 0);
    assert.equal(tolerant.number, 0);
  });
}

test('with no room to store it, a badge is shown as any other, and nothing is renewed', async () => {
  for (const [facts, standalone, left] of [
    [browsers.firefox, false, ['4 unseen messages']],
    [browsers.chromium, true, []],
  ] as const) {
    const world = await turnedOn(facts, { standalone });
    world.storage = 'full';
    world.shown.clear();
    world.time += 20 * day;
    await world.push(badge(4, 4));
    assert.deepEqual(
      [...world.shown.values()].map(({ title }) => title),
      left,
    );
    assert.equal(world.number, 4);
    assert.deepEqual(world.calls, []);
  }
});

test('with storage that cannot be opened, every push shows what it says, visibly, whatever the browser', async () => {
  for (const facts of Object.values(browsers)) {
    const world = await turnedOn(facts, { standalone: true });
    world.storage = 'broken';
    world.shown.clear();
    await world.push(badge(4, 4, { preview }));
    assert.deepEqual(world.shown.get(iconId), { title: 'Ben', body: 'Lunch?\n4 封未讀郵件', silent: true });
    await world.push(badge(0, 5));
    assert.equal(world.shown.get(iconId)?.title, '沒有未讀郵件');
    world.shown.clear();
    await world.push('hello');
    await world.pushWithoutData();
    assert.deepEqual([...world.shown.keys()], ['mailbadge']);
    await world.wakeUp({ atOnce: true });
  }
});

test('a push without anything in it shows the last count where it must show something', async () => {
  const world = await turnedOn();
  await world.push(badge(4, 4));
  world.shown.clear();
  await world.pushWithoutData();
  assert.equal(world.shown.get(iconId)?.title, '4 unseen messages');
});

test('what the browser shows by itself is left to it', async () => {
  const world = await turnedOn(browsers.safari);
  world.shown.clear();
  await world.pushShownByBrowser();
  assert.equal(world.shown.size, 0);
});

test('a declarative message that reaches the worker nevertheless is shown by it', async () => {
  const world = await turnedOn(browsers.safari);
  await world.push({
    web_push: 8030,
    notification: { title: '3 unseen messages', navigate: 'https://push.fabrikam.com/app/' },
    app_badge: 3,
    mailbadge: badge(3, 3),
  });
  assert.equal(world.number, 3);
  assert.equal(world.shown.get(iconId)?.title, '3 unseen messages');
});

test('the push of the code shows something only where it must, and goes with the first badge', async () => {
  const strict = await turnedOn();
  assert.deepEqual([...strict.shown.keys()], ['mailbadge']);
  await strict.push(badge(1, 1));
  assert.deepEqual([...strict.shown.keys()], [iconId]);
  assert.equal((await turnedOn(browsers.chromium)).shown.size, 0);
});

test('a page that knows the badge corrects what is shown, and lets nothing new appear', async () => {
  const world = await turnedOn();
  const known = (count: number, rev: number) =>
    world.message({ kind: 'badge-known', iconId, badge: count, rev });
  await known(5, 5);
  assert.equal(world.shown.has(iconId), false);
  await world.push(badge(6, 6));
  await known(2, 7);
  assert.equal(world.shown.get(iconId)?.title, '2 unseen messages');
  await known(9, 3);
  assert.equal(world.shown.get(iconId)?.title, '2 unseen messages', 'older than what was shown');
  await known(0, 8);
  assert.equal(world.shown.has(iconId), false);
  for (const strange of [undefined, null, 'x', {}, { kind: 'subscribed' }]) await world.message(strange);
});

test('a page’s older answer takes nothing away from a push that comes at the same moment', async () => {
  for (let turns = 0; turns < 40; turns += 1) {
    const world = await turnedOn();
    const known = world.message({ kind: 'badge-known', iconId, badge: 0, rev: 1 });
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    await Promise.all([known, world.push(badge(1, 2))]);
    assert.deepEqual(
      [...world.shown.values()].map(({ title }) => title),
      ['1 unseen message'],
      `${turns}`,
    );
  }
});

test('any push in the second half of its life renews the subscription, with no page open', async () => {
  const world = await turnedOn();
  const renewals = () => world.called('POST', `/v1/subscriptions/${subscriptionId}/renew`).length;
  world.time += 14 * day;
  await world.push(badge(1, 1));
  assert.equal(renewals(), 0);
  world.time += 2 * day;
  await world.push(badge(2, 2));
  await world.push(badge(3, 3));
  assert.equal(renewals(), 1);
  assert.equal((await world.store.read()).active?.expiresAt, world.time + 30 * day);
});

test('while the proxy is away, renewing is tried once an hour', async () => {
  const world = await turnedOn();
  const path = `/v1/subscriptions/${subscriptionId}/renew`;
  world.failing.set(path, 'offline');
  world.time += 20 * day;
  for (let rev = 1; rev < 5; rev += 1) await world.push(badge(rev, rev));
  assert.equal(world.called('POST', path).length, 1);
  world.time += 3_600_000;
  await world.wakeUp();
  assert.equal(world.called('POST', path).length, 2);
});

test('a clock that was wrong and is put right stops no renewal', async () => {
  const year = 365 * day;
  for (const [atFirst, then] of [
    [-10 * year, 16 * day - 10 * year], // stays behind
    [-10 * year, 0],
    [10 * year, 0],
  ] as const) {
    const world = new WebAppWorld({ facts: browsers.firefox });
    const right = world.time;
    world.time = right + atFirst;
    world.subscribedUntil = right + 30 * day; // by the proxy's clock
    await world.turnOn();
    await world.store.update(() => ({ renewalTriedAt: world.time }));
    world.calls.length = 0;
    world.time = right + then;
    await world.push(badge(1, 1));
    assert.equal(world.called('POST', `/v1/subscriptions/${subscriptionId}/renew`).length, 1);
  }
});

test('a push address that the browser replaced is registered by the worker alone', async () => {
  const world = await turnedOn();
  world.losePushAddress();
  await world.wakeUp({ atOnce: true });
  await untilPushed(world);
  assert.equal((await world.store.read()).active?.address.endpoint, 'https://push.example.com/2');
  world.calls.length = 0;
  await world.wakeUp({ atOnce: true });
  assert.deepEqual(world.calls, []);
});

test('when the session has ended, the worker says so once and asks no more', async () => {
  const world = await turnedOn();
  world.failing.set(`/v1/subscriptions/${subscriptionId}/renew`, { status: 401, code: 'session-invalid' });
  world.time += 20 * day;
  await world.push(badge(1, 1));
  assert.equal(world.toPages.at(-1)?.kind, 'session-ended');
  assert.equal((await world.store.read()).sessionEnded, true);
  world.calls.length = 0;
  world.time += day;
  await world.push(badge(2, 2));
  assert.deepEqual(world.calls, []);
  assert.equal(world.shown.get(iconId)?.title, '2 unseen messages', 'badges are shown as long as they come');
});

test('the proxy was away when the code had been confirmed: subscribed at the next wake-up', async () => {
  const world = new WebAppWorld({ facts: browsers.firefox });
  world.failing.set('/v1/subscriptions', 'offline');
  const result = await world.turnOn();
  assert.equal(result.kind === 'failed' && result.failure.code, 'offline');
  world.failing.clear();
  world.time += 3_600_000;
  await world.wakeUp();
  assert.equal((await world.store.read()).active?.subscriptionId, subscriptionId);
  assert.equal(world.called('POST', '/v1/registrations').length, 1);
});

test('the relay was away when the code came: returned at the next wake-up, while it is valid', async () => {
  for (const [laterMs, confirmed] of [
    [3_600_000, 0],
    [60_000, 1],
  ] as const) {
    const world = new WebAppWorld({ facts: browsers.firefox });
    world.failing.set('/v1/registrations/confirm', 'offline');
    const result = await world.turnOn();
    assert.equal(result.kind === 'failed' && result.failure.code, 'offline');
    world.failing.clear();
    world.calls.length = 0;
    world.time += laterMs;
    await world.wakeUp({ atOnce: true });
    assert.equal(world.called('POST', '/v1/registrations/confirm').length, confirmed);
    assert.equal((await world.store.read()).active?.iconId, confirmed === 1 ? iconId : undefined);
  }
});

/** The code is pushed after the relay has answered. */
async function untilPushed(world: WebAppWorld): Promise<void> {
  for (let turn = 0; turn < 100 && world.toPages.at(-1)?.kind !== 'subscribed'; turn += 1)
    await new Promise(resolve => setImmediate(resolve));
  assert.equal(world.toPages.at(-1)?.kind, 'subscribed');
}
