// The proxy's console over HTTP, on a real proxy behind its real loopback port: who gets in, what it lists, what it
// changes, and what another page, another name or another's cookie gets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deliveryListSchema,
  iconListSchema,
  type MailboxList,
  mailboxListSchema,
  overviewSchema,
  probeListSchema,
  subscriptionListSchema,
  trustSchema,
  whySchema,
} from '../../src/contract/console/proxy-console.ts';
import { openDatabase } from '../../src/database/database.ts';
import { makeConsoleLink } from '../../src/proxy/administration/console-link.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import type { ProxySchema } from '../../src/proxy/database/schema.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { ConsoleClient } from '../fixtures/console-client.ts';
import { type DeviceApiFixture, startDeviceApi } from '../fixtures/device-api.ts';

const minute = 60_000;

function linkOf({ config, clock }: DeviceApiFixture): Promise<{ url: string; expiresAt: number }> {
  return makeConsoleLink(config, { clock, random: systemRandom });
}

async function openConsole(proxy: DeviceApiFixture): Promise<ConsoleClient> {
  return ConsoleClient.follow((await linkOf(proxy)).url);
}

/** Writes beside the proxy, as a test's short cut to many rows. */
async function store(
  proxy: DeviceApiFixture,
  work: (db: ReturnType<typeof openDatabase<ProxySchema>>['db']) => Promise<unknown>,
): Promise<void> {
  await using database = openDatabase<ProxySchema>(
    { path: proxy.databasePath },
    { clock: new ManualClock() },
  );
  await work(database.db);
}

test('a link opens the console once, within ten minutes', async () => {
  await using proxy = await startDeviceApi();
  const { url, expiresAt } = await linkOf(proxy);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
  assert.equal(expiresAt, proxy.clock.now() + 10 * minute);
  const client = new ConsoleClient(url);
  assert.equal((await client.get('/api/overview')).json.code, 'session-missing');
  const opened = await client.open(url);
  assert.equal(opened.status, 204);
  assert.match(
    String(opened.headers['set-cookie']),
    /^mailbadge-console-\d+=[\w-]{43}; Max-Age=28800; Path=\/api; HttpOnly; SameSite=Strict$/,
  );
  assert.equal((await client.get('/api/session')).status, 204);

  const second = new ConsoleClient(url);
  const refused = await second.open(url);
  assert.deepEqual([refused.status, refused.json.code], [401, 'console-link-invalid']);
  assert.match(refused.json.hint, /proxy console/);
  assert.equal(refused.headers['set-cookie'], undefined);

  const late = await linkOf(proxy);
  await store(proxy, db => db.updateTable('console_link').set({ expires_at: proxy.clock.now() }).execute());
  assert.equal((await second.open(late.url)).json.code, 'console-link-invalid');
  for (const guess of ['', 'x', 'A'.repeat(43), "' OR 1=1 --"]) {
    assert.equal((await second.post('/api/session', { token: guess })).status, 401);
  }
  for (const body of [{}, { token: 7 }, { token: 'x'.repeat(65) }, { token: 'x', more: 1 }, '{', '[]']) {
    const { status, json } = await second.post('/api/session', body);
    assert.deepEqual([status, json.code], [400, 'invalid-request']);
  }
  assert.equal((await second.post('/api/session', { token: 'x'.repeat(5000) })).status, 413);
});

test('of two that use a link at once one gets in', async () => {
  await using proxy = await startDeviceApi();
  const { url } = await linkOf(proxy);
  const answers = await Promise.all(Array.from({ length: 10 }, () => new ConsoleClient(url).open(url)));
  assert.equal(answers.filter(({ status }) => status === 204).length, 1);
});

test('a session ends when it is closed', async () => {
  await using proxy = await startDeviceApi();
  const client = await openConsole(proxy);
  const { cookie } = client;
  assert.equal((await client.send('DELETE', '/api/session', undefined, own(client))).status, 204);
  client.cookie = cookie;
  assert.equal((await client.get('/api/overview')).json.code, 'session-invalid');
});

function own({ origin }: ConsoleClient): Record<string, string> {
  return { origin, 'x-mailbadge-console': '1' };
}

test('a token that a browser brings along opens nothing, before or after somebody signed in with it', async () => {
  await using proxy = await startDeviceApi();
  const { url } = await linkOf(proxy);
  const victim = new ConsoleClient(url);
  const planted = `mailbadge-console-${new URL(url).port}=${'A'.repeat(43)}`;
  victim.cookie = planted;
  assert.equal((await victim.get('/api/session')).json.code, 'session-invalid');
  await victim.open(url);
  assert.notEqual(victim.cookie, planted);
  const attacker = new ConsoleClient(url);
  attacker.cookie = planted;
  assert.equal((await attacker.get('/api/overview')).json.code, 'session-invalid');
});

test('another name for this machine is answered nothing (DNS rebinding)', async () => {
  await using proxy = await startDeviceApi();
  const client = await openConsole(proxy);
  const { port } = new URL(client.origin);
  for (const path of ['/', '/api/overview', '/api/session', '/assets/x.js']) {
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1',
      '127.0.0.1:1',
    ]) {
      const answer = await client.get(path, { host });
      assert.equal(answer.status, 421, `${host} ${path}`);
      assert.equal(answer.json, undefined);
    }
  }
  assert.equal((await client.get('/api/overview', { host: `localhost:${port}` })).status, 200);
  const evil = `http://evil.example:${port}`;
  const { status } = await client.post('/api/disable', undefined, {
    host: `evil.example:${port}`,
    origin: evil,
  });
  assert.equal(status, 421);
});

test('another page changes nothing, though the browser sends the cookie along (CSRF)', async () => {
  await using proxy = await startDeviceApi();
  const client = await openConsole(proxy);
  const attacks: Record<string, string | undefined>[] = [
    { origin: undefined },
    { origin: 'null' },
    { origin: 'https://evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: client.origin.replace('http:', 'https:') },
    { 'x-mailbadge-console': undefined },
    { 'x-mailbadge-console': '0' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const path of ['/api/disable', '/api/thaw', '/api/probes', '/api/session']) {
    for (const attack of attacks) {
      const { status, json } = await client.post(path, undefined, attack);
      assert.deepEqual([status, json.code], [403, 'cross-site-request'], JSON.stringify([path, attack]));
    }
  }
  assert.equal((await client.get('/api/overview', { 'sec-fetch-site': 'cross-site' })).status, 403);
  const { headers } = await client.get('/api/overview', { origin: 'https://evil.example' });
  assert.equal(headers['access-control-allow-origin'], undefined);
  assert.equal(headers['cache-control'], 'no-store');
  const preflight = await client.send('OPTIONS', '/api/disable', undefined, {
    origin: 'https://evil.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-mailbadge-console',
  });
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  assert.equal(preflight.status, 403);
  assert.equal((await client.get('/api/overview')).json.enabled, true);
});

test('every operation needs the session', async () => {
  await using proxy = await startDeviceApi();
  const stranger = new ConsoleClient((await linkOf(proxy)).url);
  const id = 'a'.repeat(22);
  for (const path of [
    'overview',
    'mailboxes',
    'icons',
    'subscriptions',
    'why?of=x',
    'deliveries',
    'trust',
    'probes',
    'x',
  ]) {
    assert.equal((await stranger.get(`/api/${path}`)).json.code, 'session-missing', path);
  }
  for (const path of [
    'enable',
    'disable',
    'thaw',
    'probes',
    `subscriptions/${id}/end`,
    `subscriptions/${id}/restore`,
  ]) {
    assert.equal((await stranger.post(`/api/${path}`)).json.code, 'session-missing', path);
  }
});

test('what it shows has the agreed form, and no secret in it', async () => {
  await using proxy = await startDeviceApi();
  const session = await proxy.signIn('anna', 'anna-phone-1', { deviceName: 'Anna’s phone' });
  await proxy.subscribe(session, 'anna-phone-1');
  const client = await openConsole(proxy);
  const answers: string[] = [];
  const read = async <T>(path: string, schema: { parse(value: unknown): T }): Promise<T> => {
    const { status, json, text } = await client.get(path);
    assert.equal(status, 200, text);
    answers.push(text);
    return schema.parse(json);
  };
  const overview = await read('/api/overview', overviewSchema);
  assert.deepEqual(
    [
      overview.enabled,
      overview.source,
      overview.relay.connected,
      overview.icons.live,
      overview.subscriptions.live,
    ],
    [true, 'simulated', false, 1, 1],
  );
  assert.equal(overview.nodes[0]?.running, true);
  assert.ok(overview.warnings.some(({ code }) => code === 'relay-not-connected'));
  const { mailboxes } = await read('/api/mailboxes', mailboxListSchema);
  assert.deepEqual(
    mailboxes.map(({ id, icons }) => [id, icons]),
    [['anna@fabrikam.com', 1]],
  );
  const { icons } = await read('/api/icons', iconListSchema);
  assert.deepEqual(
    icons.map(({ deviceName, mailboxes, state }) => [deviceName, mailboxes, state]),
    [['Anna’s phone', ['anna@fabrikam.com'], 'waiting']],
  );
  const { subscriptions } = await read('/api/subscriptions', subscriptionListSchema);
  assert.equal(subscriptions[0]?.deviceName, 'Anna’s phone');
  const ofIcon = await read(`/api/why?of=${icons[0]?.id}`, whySchema);
  const ofMailbox = await read('/api/why?of=ANNA', whySchema);
  assert.equal(ofMailbox.of, 'anna@fabrikam.com');
  assert.equal(ofMailbox.conclusion, ofIcon.conclusion);
  assert.match(ofIcon.conclusion, /not connected to a relay/);
  assert.deepEqual(await read('/api/deliveries', deliveryListSchema), { deliveries: [] });
  assert.equal((await read('/api/trust', trustSchema)).failure?.code, 'relay-not-connected');
  assert.deepEqual(await read('/api/probes', probeListSchema), { probes: [] });
  assert.doesNotMatch(answers.join(), /mbt1\.|mbs1\.|correct horse|token_hash/);

  const unknown = await client.get('/api/why?of=anne@fabrikam.com');
  assert.deepEqual([unknown.status, unknown.json.code], [404, 'not-found']);
  assert.match(unknown.json.hint, /anna@fabrikam\.com/);
});

test('lists are searched, filtered and paged; what a pattern means stays with the person', async () => {
  await using proxy = await startDeviceApi();
  await store(proxy, db =>
    db
      .insertInto('mailbox')
      .values(
        Array.from({ length: 250 }, (_, index) => ({
          id: `user-${String(index).padStart(3, '0')}@fabrikam.com`,
          sign_in_name: `u${index}`,
          state: index % 50 === 0 ? 'gone' : 'watched',
          state_at: 1,
          created_at: 1,
        })),
      )
      .execute(),
  );
  const client = await openConsole(proxy);
  const seen: string[] = [];
  for (let after = '', more = true; more; ) {
    const { json } = await client.get(`/api/mailboxes?after=${encodeURIComponent(after)}`);
    const page = json as MailboxList;
    seen.push(...page.mailboxes.map(({ id }) => id));
    more = page.more;
    after = seen.at(-1) ?? '';
    assert.ok(page.mailboxes.length <= 100);
  }
  assert.equal(new Set(seen).size, 250);
  assert.deepEqual(seen, seen.toSorted());
  const found = async (query: string): Promise<number> =>
    (await client.get(`/api/mailboxes?${query}`)).json.mailboxes.length;
  assert.equal(await found('search=USER-24'), 10);
  assert.equal(await found('state=gone'), 5);
  assert.equal(await found('state=gone&search=user-05'), 1);
  assert.equal(await found('state=&search=&after=user-248@fabrikam.com'), 1);
  for (const pattern of ['%25', '_', '%5C', '%27']) assert.equal(await found(`search=${pattern}`), 0);
  for (const query of ['state=nonsense', 'limit=5', 'search=%00', `search=${'x'.repeat(321)}`]) {
    for (const list of ['mailboxes', 'icons', 'subscriptions']) {
      const { status, json } = await client.get(`/api/${list}?${query}`);
      assert.deepEqual([status, json.code], [400, 'invalid-request'], `${list} ${query}`);
    }
  }
  for (const list of ['icons', 'subscriptions']) {
    assert.equal((await client.get(`/api/${list}?search=%25&after=x`)).status, 200);
  }
});

test('a subscription is ended and brought back; both act at once, and are logged', async () => {
  await using proxy = await startDeviceApi();
  const session = await proxy.signIn('anna', 'anna-phone-1');
  const { json: subscription } = await proxy.subscribe(session, 'anna-phone-1');
  const client = await openConsole(proxy);
  const listed = async (state: string) =>
    (await client.get(`/api/subscriptions?state=${state}`)).json.subscriptions as {
      id: string;
      restorable: boolean;
      endedReason: string | null;
    }[];
  assert.deepEqual([(await listed('live')).length, (await listed('ended')).length], [1, 0]);
  assert.equal((await client.post(`/api/subscriptions/${subscription.id}/restore`)).status, 404);

  assert.equal((await client.post(`/api/subscriptions/${subscription.id}/end`)).status, 204);
  assert.deepEqual(
    (await listed('ended')).map(({ id, restorable, endedReason }) => [id, restorable, endedReason]),
    [[subscription.id, true, 'unsubscribed']],
  );
  assert.equal(
    (await client.post(`/api/subscriptions/${subscription.id}/end`)).json.code,
    'subscription-not-found',
  );
  assert.equal((await client.get('/api/overview')).json.subscriptions.endedRestorable, 1);

  assert.equal((await client.post(`/api/subscriptions/${subscription.id}/restore`)).status, 204);
  assert.deepEqual([(await listed('live')).length, (await listed('ended')).length], [1, 0]);

  await client.post(`/api/subscriptions/${subscription.id}/end`);
  await proxy.subscribe(session, 'anna-phone-1'); // the device did it itself meanwhile
  const [ended] = await listed('ended');
  if (ended !== undefined) {
    assert.equal(ended.restorable, false);
    const refused = await client.post(`/api/subscriptions/${ended.id}/restore`);
    assert.deepEqual([refused.status, refused.json.code], [404, 'subscription-not-found']);
  }
  for (const id of ['b'.repeat(22), 'x', '..%2f..', `${'b'.repeat(21)}%00`]) {
    const { status } = await client.post(`/api/subscriptions/${id}/end`);
    assert.ok(status === 404 || status === 400, `${id}: ${status}`);
  }
  const acts = proxy.log.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'console');
  assert.deepEqual(acts.map(({ act, level }) => [act, level]).slice(0, 3), [
    ['opened', 'info'],
    ['subscription-ended', 'info'],
    ['subscription-restored', 'info'],
  ]);
  assert.equal(acts[1].mailboxId, 'anna@fabrikam.com');
});

test('frozen endings are thawed; the proxy is disabled, and not enabled while trust lacks', async () => {
  await using proxy = await startDeviceApi();
  await store(proxy, db => db.updateTable('proxy_state').set({ endings_frozen_at: 5 }).execute());
  const client = await openConsole(proxy);
  const before = (await client.get('/api/overview')).json;
  assert.equal(before.endingsFrozenAt, 5);
  assert.ok(before.warnings.some(({ code }: { code: string }) => code === 'endings-frozen'));
  assert.equal((await client.post('/api/thaw')).status, 204);
  const disabled = await client.post('/api/disable');
  assert.equal(disabled.status, 200);
  overviewSchema.parse(disabled.json);
  assert.deepEqual([disabled.json.enabled, disabled.json.endingsFrozenAt], [false, null]);
  assert.ok(disabled.json.warnings.some(({ code }: { code: string }) => code === 'proxy-disabled'));
  const refused = await client.post('/api/enable');
  assert.equal(refused.json.code, 'relay-not-connected');
  assert.match(refused.json.hint, /trust set-up/);
  assert.equal((await client.get('/api/overview')).json.enabled, false);
  const acts = proxy.log.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'console');
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['opened', 'endings-thawed', 'proxy-disabled'],
  );
  const secrets = [new URL((await linkOf(proxy)).url).hash.slice(7), client.cookie?.split('=')[1] ?? ''];
  for (const secret of secrets) assert.ok(!proxy.log.join().includes(secret));
});

test('the pages come with strict headers; what is not there is not there', async () => {
  await using proxy = await startDeviceApi();
  const client = new ConsoleClient((await linkOf(proxy)).url);
  const page = await client.get('/');
  assert.ok([200, 503].includes(page.status)); // 503: not built in this checkout
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  assert.equal((await client.post('/')).status, 405);
});

test('a console off loopback is refused; one that is off, or of no running proxy, has no link', async () => {
  const base = { database: { path: ':memory:' }, public_url: 'https://push.fabrikam.com', mailboxes: {} };
  for (const host of [
    '0.0.0.0',
    '10.0.0.1',
    '::',
    'localhost',
    'push.fabrikam.com',
    '127.0.0.1.evil.example',
  ]) {
    assert.throws(
      () => parseProxyConfig({ ...base, console: { host } }),
      { code: 'config-invalid', message: /console\.host.*loopback/ },
      host,
    );
  }
  const clock = new ManualClock();
  await assert.rejects(makeConsoleLink(parseProxyConfig(base), { clock, random: systemRandom }), {
    code: 'proxy-not-running',
    hint: /proxy serve/,
  });
  const off = parseProxyConfig({ ...base, console: { enabled: false } });
  await assert.rejects(makeConsoleLink(off, { clock, random: systemRandom }), { code: 'config-invalid' });
});
