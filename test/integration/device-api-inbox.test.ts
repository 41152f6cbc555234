// What the web app shows and changes, over real HTTP: messages, viewed, preferences, how a badge stands and its test,
// and what a device may ask for with which target.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayPort } from '../../src/proxy/publisher/relay-port.ts';
import { startDeviceApi, webPushKeys } from '../fixtures/device-api.ts';

const anna = 'anna@fabrikam.com';
const phone = 'anna-phone-1';

test('messages are read from the mail server, the newest first, with links into the webmail', async () => {
  const message = 'https://webmail.fabrikam.com/m/{message_id}?do={action}';
  const webmail = { inbox: 'https://webmail.fabrikam.com/', message };
  await using api = await startDeviceApi({ config: { web_app: { webmail } } });
  const session = await api.signIn('anna', phone);
  const read = api.mailboxes.append(anna, { from: 'x@y.z', subject: 'read already', seen: true });
  for (const n of [1, 2, 3]) {
    const from = `"Zoë ${n}" <zoe@contoso.com>`;
    api.mailboxes.append(anna, { from, subject: `n° ${n}`, messageId: `${n}/..@contoso` });
  }
  const { json, headers } = await api.call('GET', '/v1/messages?limit=2', { session });
  assert.equal(json.unseen, 3);
  assert.equal(json.uidNext, read + 4);
  assert.deepEqual(
    json.messages.map(({ subject }: { subject: string }) => subject),
    ['n° 3', 'n° 2'],
  );
  assert.deepEqual(json.messages[0].links, {
    open: 'https://webmail.fabrikam.com/m/3%2F..%40contoso?do=open',
    markRead: 'https://webmail.fabrikam.com/m/3%2F..%40contoso?do=mark-read',
    archive: 'https://webmail.fabrikam.com/m/3%2F..%40contoso?do=archive',
  });
  assert.equal(json.messages[0].fromAddress, 'zoe@contoso.com');
  assert.equal(headers.get('cache-control'), 'no-store');
  for (const limit of ['0', '51', '-1', '1.5', '', 'all', '1e9', '__proto__', '2&limit=3', '2&offset=1']) {
    const { status } = await api.call('GET', `/v1/messages?limit=${limit}`, { session });
    assert.equal(status, 400, limit);
  }
  const described = await api.call('GET', '/v1/app');
  assert.equal(described.json.webmail, webmail.inbox);
});

test('what a sender wrote comes out as JSON data, whatever it is, and is in no log', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '</title></script><!--',
    '{"__proto__":{"x":1}}',
    '\u202Efdp.exe',
    '\u2028\u2029',
    '\r\nSet-Cookie: a=b',
  ];
  for (const subject of hostile) {
    api.mailboxes.append(anna, { from: `${subject.replaceAll(/[<>]/g, '')} <a@b.c>`, subject });
  }
  const { json, headers } = await api.call('GET', '/v1/messages', { session });
  assert.deepEqual(
    json.messages.map(({ subject }: { subject: string }) => subject),
    hostile.toReversed(),
  );
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(json.messages[0].links, null, 'no webmail is configured');
  for (const subject of hostile) assert.equal(api.log.join('').includes(subject), false);
});

test('one device may ask for messages so often, and is told when again; others go on', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const statuses: number[] = [];
  for (let n = 0; n < 21; n++) statuses.push((await api.call('GET', '/v1/messages', { session })).status);
  assert.deepEqual(statuses, [...Array(20).fill(200), 429]);
  const refused = await api.call('GET', '/v1/messages', { session });
  assert.equal(refused.json.code, 'too-many-requests');
  assert.equal(refused.headers.get('retry-after'), '3');
  const other = await api.signIn('anna', 'anna-tablet-1');
  assert.equal((await api.call('GET', '/v1/messages', { session: other })).status, 200);
  await api.clock.advance(3000);
  assert.equal((await api.call('GET', '/v1/messages', { session })).status, 200);
});

test('while the mail server is away that is what is said, and the session stays', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const { id } = (await api.subscribe(session, phone, { policy: 'since-viewed' })).json;
  api.source.reachable = false;
  const messages = await api.call('GET', '/v1/messages', { session });
  assert.equal(messages.json.code, 'mail-server-unreachable');
  assert.notEqual(messages.headers.get('retry-after'), null);
  const viewed = (body: object) => api.call('POST', `/v1/subscriptions/${id}/viewed`, { session, body });
  assert.equal((await viewed({})).json.code, 'mail-server-unreachable');
  assert.equal(
    (await viewed({ upTo: { uidValidity: 1, uidNext: 1 } })).status,
    200,
    'the device knows itself',
  );
  assert.equal((await api.call('GET', '/v1/sessions/current', { session })).status, 200);
});

test('since-viewed counts what came after the last view', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const { id } = (await api.subscribe(session, phone)).json;
  for (const subject of ['one', 'two']) api.mailboxes.append(anna, { from: 'x@y.z', subject });
  const viewed = async (body: object = {}) =>
    (await api.call('POST', `/v1/subscriptions/${id}/viewed`, { session, body })).json;
  const patched = await api.call('PATCH', `/v1/subscriptions/${id}`, {
    session,
    body: { policy: 'since-viewed' },
  });
  assert.equal(patched.json.policy, 'since-viewed');
  assert.equal((await viewed()).badge, 0);
  api.mailboxes.append(anna, { from: 'x@y.z', subject: 'three' });
  const { uidValidity, uidNext } = (await api.call('GET', '/v1/messages', { session })).json;
  api.mailboxes.append(anna, { from: 'x@y.z', subject: 'four' });
  assert.equal((await viewed({ upTo: { uidValidity, uidNext } })).badge, 1, 'the fourth was not seen');
  const { json } = await api.call('GET', '/v1/devices', { session });
  assert.equal(json.devices[0].subscriptions[0].viewedAt, api.clock.now());
});

test('previews are switched on only for a device that can read them', async () => {
  await using api = await startDeviceApi();
  const patch = (session: string, id: string, body: object) =>
    api.call('PATCH', `/v1/subscriptions/${id}`, { session, body });
  const bare = await api.signIn('anna', phone);
  const without = (await api.subscribe(bare, phone)).json;
  assert.equal(without.previews, false, 'off by default');
  assert.match((await patch(bare, without.id, { previews: true })).json.detail, /^"previews"/);
  const tablet = await api.signIn('anna', 'anna-tablet-1');
  const withKeys = (await api.subscribe(tablet, 'anna-tablet-1', { previewKeys: webPushKeys })).json;
  const on = await patch(tablet, withKeys.id, { previews: true });
  assert.equal(on.json.previews, true);
  assert.equal((await patch(tablet, withKeys.id, {})).json.previews, true, 'nothing is changed by nothing');
  assert.equal((await patch(tablet, withKeys.id, { previews: false })).json.previews, false);
});

test('what a device asks for must fit its target', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const web = { sealedTarget: api.relay.seal(phone, { provider: 'webpush', target: 'web' }) };
  const fcm = { sealedTarget: api.relay.seal(phone, { provider: 'fcm', target: 'fcm' }) };
  const keys = webPushKeys;
  const offCurve = { ...keys, p256dh: `${keys.p256dh.slice(0, 60)}AAAA${keys.p256dh.slice(64)}` };
  const refused: [object, RegExp][] = [
    [{ keys }, /^"keys"/],
    [{ previews: true }, /^"previewKeys"/],
    [{ form: 'declarative' }, /^"form"/],
    [{ ...fcm, keys }, /^"keys"/],
    [{ ...fcm, previews: true }, /^"previewKeys"/],
    [{ ...fcm, form: 'declarative', presentation: 'notification' }, /^"form"/],
    [{ ...fcm, previews: true, previewKeys: offCurve }, /^"previewKeys".*P-256/],
    [{ ...web }, /^"keys"/],
    [{ ...web, keys, previewKeys: keys }, /^"previewKeys"/],
    [{ ...web, keys: offCurve }, /^"keys".*P-256/],
    [{ ...web, keys: { ...keys, p256dh: `A${keys.p256dh.slice(1)}` } }, /^"keys".*P-256/],
    [{ ...web, keys: { ...keys, p256dh: 'A'.repeat(87) } }, /^"keys".*P-256/],
    [{ ...web, keys, form: 'declarative' }, /^"presentation"/],
    [{ ...web, keys: { ...keys, p256dh: keys.p256dh.slice(1) } }, /^"keys.p256dh"/],
    [{ ...web, keys: { ...keys, auth: `${keys.auth}AA` } }, /^"keys.auth"/],
    [{ ...web, keys: { ...keys, p256dh: 'A'.repeat(44) } }, /^"keys.p256dh"/],
    [{ ...web, keys: { ...keys, private: 'x' } }, /^"keys"/],
    [{ previews: true, previewKeys: { p256dh: keys.p256dh } }, /^"previewKeys.auth"/],
    [{ language: 'tlh' }, /^"language"/],
  ];
  for (const [more, detail] of refused) {
    const { status, json } = await api.subscribe(session, phone, more);
    assert.equal(status, 400, JSON.stringify(more));
    assert.equal(json.code, 'invalid-request');
    assert.match(json.detail, detail, JSON.stringify(more));
  }
  const taken: object[] = [
    { previews: true, previewKeys: keys },
    { ...fcm, previews: true, previewKeys: keys, language: 'zh-Hant' },
    { ...web, keys, previews: true },
    { ...web, keys, form: 'declarative', presentation: 'notification' },
  ];
  for (const more of taken)
    assert.equal((await api.subscribe(session, phone, more)).status, 201, JSON.stringify(more));
});

test('how a badge stands, and a test that publishes it once more, in its turn', async () => {
  const published: number[] = [];
  let accepts = true;
  const relayPort: RelayPort = {
    relayNow: () => Date.UTC(2026, 0, 1),
    async publish({ notifications }, { onResult }) {
      for (const { id, badge } of notifications) {
        published.push(badge);
        onResult(
          accepts
            ? { id, outcome: 'accepted', providerId: id }
            : { id, outcome: 'rejected', reason: 'target-invalid' },
        );
      }
      return { kind: 'answered' };
    },
  };
  await using api = await startDeviceApi({ relayPort });
  const session = await api.signIn('anna', phone);
  api.mailboxes.append(anna, { from: 'x@y.z', subject: 'one' });
  const { iconId } = (await api.subscribe(session, phone)).json;
  const status = async () => (await api.call('GET', `/v1/icons/${iconId}`, { session })).json;
  const test = () => api.call('POST', `/v1/icons/${iconId}/test`, { session });
  await api.clock.advance(5000);
  const { accepted, ...first } = await status();
  assert.deepEqual(first, {
    id: iconId,
    badge: 1,
    rev: first.rev,
    state: 'shown',
    lastProblem: null,
    retryAt: null,
    watched: 'watched',
  });
  assert.equal(accepted.badge, 1);

  const before = published.length;
  const tested = await test();
  assert.equal(tested.status, 202);
  assert.equal(tested.json.state, 'publishing');
  await api.clock.advance(2000);
  assert.equal((await status()).state, 'shown');
  assert.equal((await status()).accepted.at > accepted.at, true);
  assert.deepEqual(published.slice(before), [1]);
  assert.equal((await status()).rev, first.rev, 'the same badge, not a new one');

  const soon = await test();
  assert.equal(soon.json.code, 'too-many-requests');
  assert.equal(soon.headers.get('retry-after'), '8');
  await api.clock.advance(8000);
  accepts = false;
  assert.equal((await test()).status, 202);
  await api.clock.advance(2000);
  const paused = await status();
  assert.equal(paused.state, 'paused');
  assert.equal(paused.lastProblem.reason, 'target-invalid');
  const sent = published.length;
  await api.clock.advance(10_000);
  assert.equal((await test()).json.state, 'paused', 'a test changes nothing about that');
  await api.clock.advance(5000);
  assert.equal(published.length, sent);
});
