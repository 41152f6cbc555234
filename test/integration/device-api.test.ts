// The proxy's API for devices over real HTTP: every operation and every refusal. An ordinary walk through it, with a
// real relay, is in the end-to-end tests.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { deviceOpenApiDocument } from '../../src/proxy/api/device-api-document.ts';
import { appId, type DeviceApiFixture, startDeviceApi, webPushKeys } from '../fixtures/device-api.ts';

const phone = 'anna-phone-1';
const credential = { user: 'anna@fabrikam.com', password: 'correct horse', installationId: phone };
const strangeId = 'A'.repeat(22);

test('a device signs in, subscribes, opens, renews, lists and leaves', async () => {
  await using api = await startDeviceApi();
  const signedIn = await api.call('POST', '/v1/sessions', { body: { ...credential, user: 'ANNA' } });
  assert.equal(signedIn.status, 201);
  assert.equal(signedIn.json.mailbox, 'anna@fabrikam.com');
  assert.equal(signedIn.headers.get('cache-control'), 'no-store');
  const { session } = signedIn.json;

  const ticket = await api.call('POST', '/v1/tickets', { session, body: { appId } });
  assert.equal(ticket.status, 201);
  assert.equal(ticket.json.registrationUrl, 'https://relay.example.com/v1/registrations');
  assert.equal(ticket.json.vapidPublicKey, webPushKeys.p256dh);

  const subscribed = await api.subscribe(session, phone);
  assert.equal(subscribed.status, 201);
  const { id, iconId } = subscribed.json;
  const again = await api.subscribe(session, phone);
  assert.equal(again.json.id, id, 'subscribing again renews');

  await api.clock.advance(5000);
  const opened = await api.call('POST', `/v1/icons/${iconId}/opened`, { session, body: { badge: 3 } });
  assert.equal(opened.status, 200);
  assert.deepEqual(Object.keys(opened.json).sort(), ['badge', 'rev']);
  await api.clock.advance(5000);
  const renewed = await api.call('POST', `/v1/subscriptions/${id}/renew`, { session });
  assert.equal(renewed.status, 200);
  assert.equal(renewed.json.expiresAt - subscribed.json.expiresAt, 10_000);

  const devices = await api.call('GET', '/v1/devices', { session });
  assert.equal(devices.json.devices.length, 1);
  assert.equal(devices.json.devices[0].thisDevice, true);
  assert.equal(devices.json.devices[0].subscriptions[0].id, id);

  assert.equal((await api.call('DELETE', `/v1/subscriptions/${id}`, { session })).status, 204);
  assert.equal(
    (await api.call('DELETE', `/v1/subscriptions/${id}`, { session })).json.code,
    'subscription-not-found',
  );
  assert.equal((await api.call('POST', `/v1/subscriptions/${id}/renew`, { session })).status, 404);
  assert.equal((await api.call('DELETE', '/v1/sessions/current', { session })).status, 204);
  assert.equal((await api.call('GET', '/v1/devices', { session })).json.code, 'session-invalid');
});

test('two mailboxes share one icon, whose badge is their sum', async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const ben = await api.signIn('ben', phone);
  const first = await api.subscribe(anna, phone);
  const second = await api.subscribe(ben, phone);
  assert.equal(second.json.iconId, first.json.iconId);
  assert.notEqual(second.json.id, first.json.id);
  // Each session sees its own mailbox alone.
  for (const [session, own] of [
    [anna, first.json.id],
    [ben, second.json.id],
  ]) {
    const { json } = await api.call('GET', '/v1/devices', { session });
    assert.deepEqual(
      json.devices[0].subscriptions.map((subscription: { id: string }) => subscription.id),
      [own],
    );
  }
  const open = (session: string) =>
    api.call('POST', `/v1/icons/${first.json.iconId}/opened`, { session, body: {} });
  assert.deepEqual((await open(anna)).json, (await open(ben)).json);
});

test("signing out ends this device's subscriptions to this mailbox and no others", async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const ben = await api.signIn('ben', phone);
  await api.subscribe(anna, phone);
  await api.subscribe(ben, phone);
  await api.call('DELETE', '/v1/sessions/current', { session: anna });
  const after = await api.signIn('anna', 'anna-other-1');
  const { json } = await api.call('GET', '/v1/devices', { session: after });
  assert.deepEqual(
    json.devices.map((device: { installationId: string }) => device.installationId),
    ['anna-other-1'],
  );
  const others = await api.call('GET', '/v1/devices', { session: ben });
  assert.equal(others.json.devices[0].subscriptions[0].endedAt, null);
});

test('a lost device is removed: its session is refused at once, its subscriptions end', async () => {
  await using api = await startDeviceApi();
  const lost = await api.signIn('anna', 'anna-lost-01', { deviceName: 'the lost one' });
  await api.subscribe(lost, 'anna-lost-01');
  const session = await api.signIn('anna', phone);
  assert.equal((await api.call('GET', '/v1/devices', { session })).json.devices.length, 2);
  assert.equal((await api.call('DELETE', '/v1/devices/anna-lost-01', { session })).status, 204);
  assert.equal((await api.call('GET', '/v1/devices', { session: lost })).json.code, 'session-invalid');
  assert.equal((await api.call('GET', '/v1/devices', { session })).json.devices.length, 1);
  assert.equal((await api.call('DELETE', '/v1/devices/anna-lost-01', { session })).json.code, 'not-found');
});

test("another mailbox's ids answer as if they did not exist", async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const { id, iconId } = (await api.subscribe(anna, phone)).json;
  const ben = await api.signIn('ben', 'ben-phone-01');
  const probes = (subscription: string, icon: string) => [
    api.call('DELETE', `/v1/subscriptions/${subscription}`, { session: ben }),
    api.call('POST', `/v1/subscriptions/${subscription}/renew`, { session: ben }),
    api.call('POST', `/v1/icons/${icon}/opened`, { session: ben, body: { badge: 1 } }),
  ];
  const theirs = await Promise.all(probes(id, iconId));
  const nobodys = await Promise.all(probes(strangeId, strangeId));
  for (const [index, answer] of theirs.entries()) {
    const { traceId: _, ...problem } = answer.json;
    const { traceId: __, ...expected } = nobodys[index]?.json ?? {};
    assert.deepEqual(problem, expected);
    assert.equal(answer.status, 404);
  }
  assert.equal((await api.call('DELETE', `/v1/devices/${phone}`, { session: ben })).status, 404);
  assert.equal((await api.call('GET', '/v1/devices', { session: anna })).json.devices.length, 1);
});

test('a stranger who knows the installation id of a device cannot take its icon', async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const own = await api.subscribe(anna, phone);
  const ben = await api.signIn('ben', phone);
  const theft = await api.subscribe(ben, phone, {
    sealedTarget: api.relay.seal(phone, { target: 'bens-own-target' }),
  });
  assert.equal(theft.status, 201);
  assert.notEqual(theft.json.iconId, own.json.iconId);
});

test('an unknown user and a wrong password are the same refusal, asked of the mail server alike', async () => {
  await using api = await startDeviceApi();
  const wrong = await api.call('POST', '/v1/sessions', { body: { ...credential, password: 'wrong' } });
  const unknown = await api.call('POST', '/v1/sessions', { body: { ...credential, user: 'nobody' } });
  for (const answer of [wrong, unknown]) {
    assert.equal(answer.status, 401);
    assert.equal(answer.json.code, 'sign-in-refused');
  }
  assert.equal(wrong.json.detail, unknown.json.detail);
  assert.equal(api.source.asked, 2);
});

test('guessing is slowed, and the owner on a known device gets in meanwhile', async () => {
  await using api = await startDeviceApi();
  await api.signIn('anna', phone);
  const guess = (address: string) =>
    api.call('POST', '/v1/sessions', {
      body: { ...credential, installationId: 'the-guessers', password: 'guess' },
      headers: { 'x-forwarded-for': address },
    });
  const codes: string[] = [];
  for (let n = 0; n < 8; n++) codes.push((await guess('198.51.100.1')).json.code);
  assert.deepEqual([...new Set(codes)], ['sign-in-refused', 'sign-in-throttled']);
  const throttled = await guess('198.51.100.1');
  assert.equal(throttled.status, 429);
  assert.equal(Number(throttled.headers.get('retry-after')) >= 1, true);
  // From many addresses: the mailbox itself is slowed, and was asked about a bounded number of times.
  for (let n = 0; n < 60; n++) await guess(`203.0.113.${n}`);
  assert.equal(api.source.asked < 30, true, `${api.source.asked} guesses reached the mail server`);
  assert.equal((await guess('192.0.2.9')).status, 429);
  const owner = await api.call('POST', '/v1/sessions', {
    body: credential,
    headers: { 'x-forwarded-for': '192.0.2.10' },
  });
  assert.equal(owner.status, 201);
});

test('without the mail server nobody is refused and nobody is counted', async () => {
  await using api = await startDeviceApi();
  api.source.reachable = false;
  for (let n = 0; n < 30; n++) {
    const answer = await api.call('POST', '/v1/sessions', { body: credential });
    assert.equal(answer.status, 503);
    assert.equal(answer.json.code, 'mail-server-unreachable');
  }
  api.source.reachable = true;
  assert.equal((await api.call('POST', '/v1/sessions', { body: credential })).status, 201);
});

test('without the relay a device is told to come back, and keeps its session', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  api.relay.reachable = false;
  const ticket = await api.call('POST', '/v1/tickets', { session, body: { appId } });
  const subscribed = await api.subscribe(session, phone);
  for (const answer of [ticket, subscribed]) {
    assert.equal(answer.status, 503);
    assert.equal(answer.json.code, 'relay-unreachable');
    assert.notEqual(answer.headers.get('retry-after'), null);
  }
  assert.equal((await api.call('GET', '/v1/devices', { session })).status, 200);
});

test('a subscription that does not fit its target is refused', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const web = api.relay.seal(phone, { provider: 'webpush', target: 'web' });
  const offCurve = `${webPushKeys.p256dh.slice(0, 60)}AAAA${webPushKeys.p256dh.slice(64)}`;
  const refused: [object, number, string][] = [
    [{ sealedTarget: `mbt1.k9.${'n'.repeat(16)}.${'x'.repeat(80)}` }, 400, 'target-not-openable'],
    [{ sealedTarget: api.relay.seal('somebody-else') }, 403, 'installation-mismatch'],
    [{ keys: webPushKeys }, 400, 'invalid-request'],
    [{ sealedTarget: web }, 400, 'invalid-request'],
    [{ sealedTarget: web, keys: { ...webPushKeys, p256dh: offCurve } }, 400, 'invalid-request'],
    [{ policy: 'since-tuesday' }, 400, 'invalid-request'],
    [{ presentation: 'loud' }, 400, 'invalid-request'],
  ];
  for (const [more, status, code] of refused) {
    const answer = await api.subscribe(session, phone, more);
    assert.equal(answer.status, status, JSON.stringify(more));
    assert.equal(answer.json.code, code);
  }
  assert.equal((await api.subscribe(session, phone, { sealedTarget: web, keys: webPushKeys })).status, 201);
  const unknownApp = await api.call('POST', '/v1/tickets', { session, body: { appId: 'com.other.app' } });
  assert.equal(unknownApp.json.code, 'app-unknown');
});

test('a mailbox has a limited number of subscriptions', async () => {
  await using api = await startDeviceApi({ perMailbox: 2 });
  for (const installation of ['anna-phone-1', 'anna-phone-2', 'anna-phone-3']) {
    const session = await api.signIn('anna', installation);
    const answer = await api.subscribe(session, installation);
    assert.equal(answer.json.code, installation === 'anna-phone-3' ? 'subscription-limit' : undefined);
  }
});

test('names are kept as one line of what can be seen, and answered as JSON that no browser takes for a page', async () => {
  await using api = await startDeviceApi();
  for (const [index, [deviceName = '', kept = deviceName]] of [
    ['<img src=x onerror=alert(1)>'],
    ['小明的手机 📱'],
    ['\u202Egpj.exe', 'gpj.exe'],
    ['\u0000\u001b[2J', '[2J'],
  ].entries()) {
    const installation = `phone-000${index}`;
    const session = await api.signIn('anna', installation, { deviceName });
    const { json, headers } = await api.call('GET', '/v1/devices', { session });
    const own = json.devices.find((device: { thisDevice: boolean }) => device.thisDevice);
    assert.equal(own.name, kept);
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
});

test('malformed, oversized, unknown and duplicate members are refused, never a 500', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', 'anna-phone-2');
  const good = JSON.stringify(credential);
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{}',
    '['.repeat(5000),
    '{"a":'.repeat(2000),
    good.replace('{', '{"unknown":1,'),
    good.replace('{', '{"__proto__":{"admin":true},'),
    good.replace('{', '{"constructor":1,'),
    good.replace('"anna@fabrikam.com"', '7'),
    good.replace('"anna@fabrikam.com"', '{"$ne":null}'),
    good.replace('anna@fabrikam.com', 'a'.repeat(321)),
    good.replace('correct horse', 'x'.repeat(1025)),
    good.replace('correct horse', 'x\\u0000y'),
    good.replace('correct horse', 'x\\r\\nA1 LOGOUT'),
    good.replace(phone, 'short'),
    good.replace(phone, '../../etc/passwd'),
    good.replace('{', `{"deviceName":"${'n'.repeat(81)}",`),
    `\ufeff${good.slice(1)}`,
  ];
  for (const body of bodies) {
    const { status, json } = await api.call('POST', '/v1/sessions', { body });
    assert.equal(status, 400, `${body.slice(0, 60)} → ${status}`);
    assert.equal(json.code, 'invalid-request');
  }
  const duplicate = good.replace('{', '{"password":"first",');
  assert.equal(
    (await api.call('POST', '/v1/sessions', { body: duplicate })).status,
    201,
    'the last one counts',
  );
  const names = ['a b', 'a\u0000b', '\t', '@', '\ud800', 'ａｎｎａ', `"' OR 1=1 --`, '*', 'anna*master'];
  for (const user of names) {
    const { status } = await api.call('POST', '/v1/sessions', {
      body: { ...credential, user },
      headers: { 'x-forwarded-for': `203.0.113.${names.indexOf(user)}` },
    });
    assert.equal(status, 401, JSON.stringify(user));
  }
  assert.equal(await chunked(`${api.url}/v1/sessions`, good), 201);
  assert.equal(await chunked(`${api.url}/v1/sessions`, good + ' '.repeat(20_000)), 413);
  await cutOff(`${api.url}/v1/sessions`, good.slice(0, 20));
  assert.equal(api.log.join('').includes('request failed'), false, 'a cut connection is no fault of ours');
  const large = await api.call('POST', '/v1/sessions', { body: good + ' '.repeat(20_000) });
  assert.equal(large.status, 413);
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
  ]) {
    const { json } = await api.call('POST', '/v1/sessions', {
      body: good,
      headers: { 'content-type': type },
    });
    assert.equal(json.code, 'unsupported-media-type');
  }
  const paths = [
    '/v1/icons/%00/opened',
    '/v1/icons/%ff/opened',
    `/v1/icons/${'x'.repeat(5000)}/opened`,
    "/v1/icons/'--/opened",
  ];
  for (const path of paths) {
    const { status } = await api.call('POST', path, { session, body: {} });
    assert.equal([400, 404].includes(status), true, `${path.slice(0, 40)} → ${status}`);
  }
  for (const badge of [-1, 1.5, 2 ** 31, '1', null, [1]]) {
    const path = `/v1/icons/${strangeId}/opened`;
    const { json } = await api.call('POST', path, { session, body: { badge } });
    assert.equal(json.code, 'invalid-request');
  }
});

test('without a live session every operation is refused', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const operations = [
    ['GET', '/v1/devices'],
    ['DELETE', `/v1/devices/${phone}`],
    ['DELETE', '/v1/sessions/current'],
    ['POST', '/v1/tickets'],
    ['POST', '/v1/subscriptions'],
    ['POST', `/v1/subscriptions/${strangeId}/renew`],
    ['DELETE', `/v1/subscriptions/${strangeId}`],
    ['POST', `/v1/icons/${strangeId}/opened`],
  ] as const;
  const strangers = [
    '',
    'Bearer',
    'Basic YTpi',
    `Bearer ${'A'.repeat(43)}`,
    `Bearer ${session}x`,
    `Bearer ${session.slice(1)}`,
  ];
  for (const [method, path] of operations) {
    assert.equal((await api.call(method, path)).json.code, 'session-missing');
    for (const authorization of strangers) {
      const { status, headers } = await api.call(method, path, { headers: { authorization } });
      assert.equal(status, 401);
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer /);
    }
  }
});

test('the devices of one mailbox together ask for a bounded number of things', async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const ben = await api.signIn('ben', 'ben-phone-01');
  let last = 0;
  for (let n = 0; n < 121; n++) last = (await api.call('GET', '/v1/devices', { session: anna })).status;
  assert.equal(last, 429);
  assert.equal((await api.call('GET', '/v1/devices', { session: ben })).status, 200);
  await api.clock.advance(1000);
  assert.equal((await api.call('GET', '/v1/devices', { session: anna })).status, 200);
});

test('no secret reaches the log or, in the clear, the database', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  await api.call('POST', '/v1/sessions', { body: { ...credential, password: 'a wrong secret' } });
  await api.subscribe(session, phone);
  const files = ['', '-wal'].map(suffix => readFileSync(`${api.databasePath}${suffix}`).toString('latin1'));
  for (const secret of ['correct horse', 'a wrong secret', session]) {
    assert.equal(api.log.join('').includes(secret), false);
    assert.equal(files.join('').includes(secret), false);
  }
});

test('a web app of another origin may call only when it is allowed', async () => {
  // fetch sets Origin itself, as a browser does
  const preflight = async (api: DeviceApiFixture, origin: string) => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    const sent = request(`${api.url}/v1/subscriptions`, { method: 'OPTIONS', headers }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.headers['access-control-allow-origin'];
  };
  await using closed = await startDeviceApi();
  assert.equal(await preflight(closed, 'https://app.example'), undefined);
  await using open = await startDeviceApi({ allowedOrigins: ['https://app.example'] });
  assert.equal(await preflight(open, 'https://app.example'), 'https://app.example');
  assert.equal(await preflight(open, 'https://evil.example'), undefined);
});

test('the API description lists every operation, and is served', async () => {
  await using api = await startDeviceApi();
  const document = deviceOpenApiDocument();
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map(method => `${method} ${path}`),
  );
  assert.deepEqual(operations.sort(), [
    'delete /v1/devices/{installationId}',
    'delete /v1/sessions/current',
    'delete /v1/subscriptions/{id}',
    'get /v1/app',
    'get /v1/devices',
    'get /v1/icons/{iconId}',
    'get /v1/messages',
    'get /v1/sessions/current',
    'patch /v1/subscriptions/{id}',
    'post /v1/icons/{iconId}/opened',
    'post /v1/icons/{iconId}/test',
    'post /v1/sessions',
    'post /v1/subscriptions',
    'post /v1/subscriptions/{id}/renew',
    'post /v1/subscriptions/{id}/viewed',
    'post /v1/tickets',
  ]);
  const served = await api.call('GET', '/openapi.json');
  assert.deepEqual(served.json, JSON.parse(JSON.stringify(document)));
});

test('/health says why badges do not flow, /metrics what happens', async () => {
  await using api = await startDeviceApi();
  const health = await fetch(`${api.metricsUrl}/health`);
  assert.equal(health.status, 503);
  const { faults } = (await health.json()) as { faults: { part: string; code: string }[] };
  assert.deepEqual(
    faults.map(({ part, code }) => `${part} ${code}`),
    ['relay relay-not-connected'],
  );
  const metrics = await fetch(`${api.metricsUrl}/metrics`);
  assert.match(await metrics.text(), /^mailbadge_/m);
});

/** Posts a body without declaring its length; answers the status. */
async function chunked(url: string, body: string): Promise<number | undefined> {
  const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } });
  sent.write(body.slice(0, 10));
  sent.end(body.slice(10));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

/** Begins a body and hangs up. */
async function cutOff(url: string, body: string): Promise<void> {
  const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } });
  sent.on('error', () => undefined);
  await new Promise(resolve => sent.write(body, resolve));
  await new Promise(resolve => sent.once('close', resolve).destroy());
}
