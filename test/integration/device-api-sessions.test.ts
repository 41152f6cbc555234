// Sessions of web apps over real HTTP: the cookie and its flags, requests that other sites make a browser send, tokens
// that change and are stolen, and the end after 90 days.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { rotateEveryMs, underWayMs } from '../../src/proxy/api/sessions/session-rotation.ts';
import { sessionLifetimeMs } from '../../src/proxy/api/sessions/sessions.ts';
import { cookieOf, type DeviceApiFixture, ownPage, startDeviceApi } from '../fixtures/device-api.ts';

const phone = 'anna-phone-1';
const credential = { user: 'anna', password: 'correct horse', installationId: phone };

/** One request of the proxy's own page. */
function ask(api: DeviceApiFixture, cookie: string, method = 'GET', path = '/v1/sessions/current') {
  return api.call(method, path, { headers: { ...ownPage, cookie } });
}

test('a web app gets its session in a cookie that no script and no other site can use', async () => {
  await using api = await startDeviceApi();
  const { answer, cookie } = await api.signInBrowser('anna', phone);
  assert.equal(answer.status, 201);
  assert.deepEqual(Object.keys(answer.json).sort(), ['expiresAt', 'mailbox'], 'no token in the body');
  const [set = ''] = answer.headers.getSetCookie();
  const [pair = '', ...flags] = set.split('; ');
  assert.match(pair, /^__Host-mailbadge=[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(flags.sort(), [
    'HttpOnly',
    `Max-Age=${90 * 86_400}`,
    'Path=/',
    'SameSite=Strict',
    'Secure',
  ]);
  assert.equal(answer.headers.get('cache-control'), 'no-store');

  const { json } = await ask(api, cookie);
  assert.deepEqual(json, {
    mailbox: 'anna@fabrikam.com',
    installationId: phone,
    expiresAt: answer.json.expiresAt,
  });
  const [token = ''] = cookie.split('=').slice(1);
  for (const authorization of [`Bearer ${token}`, `Bearer ${token.split('.')[1]}`]) {
    const { status } = await api.call('GET', '/v1/devices', { headers: { authorization } });
    assert.equal(status, 401, 'a cookie is no bearer token');
  }
  assert.equal(api.log.join('').includes(token), false);
});

test('without https the cookie has another name, and cannot be Secure', async () => {
  await using api = await startDeviceApi({ config: { public_url: 'http://push.fabrikam.test' } });
  const { answer } = await api.signInBrowser('anna', phone);
  const [set = ''] = answer.headers.getSetCookie();
  assert.match(set, /^mailbadge=/);
  assert.doesNotMatch(set, /Secure/);
  assert.match(set, /HttpOnly; SameSite=Strict/);
});

test('signing out takes the cookie back; a native app never gets one', async () => {
  await using api = await startDeviceApi();
  const { cookie } = await api.signInBrowser('anna', phone);
  const left = await ask(api, cookie, 'DELETE');
  assert.equal(left.status, 204);
  assert.match(left.headers.getSetCookie()[0] ?? '', /^__Host-mailbadge=; Max-Age=0; Path=\/; .*Secure/);
  assert.equal((await ask(api, cookie)).json.code, 'session-invalid');
  const native = await api.call('POST', '/v1/sessions', { body: credential });
  assert.match(native.json.session, /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(native.headers.getSetCookie(), []);
  const out = await api.call('DELETE', '/v1/sessions/current', { session: native.json.session });
  assert.deepEqual(out.headers.getSetCookie(), []);
});

test('signing in to another mailbox signs the browser out of the one before, and off its badge', async () => {
  await using api = await startDeviceApi();
  const anna = await api.signInBrowser('anna', phone);
  const bearer = await api.signIn('anna', 'anna-other-1');
  const headers = { ...ownPage, cookie: anna.cookie };
  const sealedTarget = api.relay.seal(phone);
  await api.call('POST', '/v1/subscriptions', {
    headers,
    body: { appId: 'com.fabrikam.mail', sealedTarget },
  });
  // The same person again: everything stays.
  const again = await api.signInBrowser('anna', phone, { cookie: anna.cookie });
  const listed = async () => {
    const { json } = await api.call('GET', '/v1/devices', { session: bearer });
    return json.devices.find((device: { installationId: string }) => device.installationId === phone);
  };
  assert.equal((await listed()).subscriptions[0].endedAt, null);

  await api.signInBrowser('ben', phone, { cookie: again.cookie });
  assert.equal((await ask(api, again.cookie)).json.code, 'session-invalid');
  assert.equal(await listed(), undefined);
});

test('what another site makes a browser send is refused, signing in with a cookie too', async () => {
  await using api = await startDeviceApi({ allowedOrigins: ['https://allowed.example'] });
  const { cookie } = await api.signInBrowser('anna', phone);
  const own = 'https://push.fabrikam.com';
  const refused: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.fabrikam.com' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'cross-site', origin: own },
    { 'sec-fetch-site': '' },
    { origin: 'https://evil.example' },
    { origin: 'https://allowed.example' },
    { origin: 'null' },
    { origin: 'http://push.fabrikam.com' },
    { origin: 'https://push.fabrikam.com.evil.example' },
    { referer: `${own}/app/` },
    {},
  ];
  for (const headers of refused) {
    const said = JSON.stringify(headers);
    // As `fetch` of Node would add headers of its own:
    const leaving = await plain(api, 'DELETE', '/v1/sessions/current', { ...headers, cookie });
    assert.equal(leaving.code, 'cross-site-request', said);
    const body = JSON.stringify({
      ...credential,
      user: 'ben',
      password: 'battery staple',
      sessionIn: 'cookie',
    });
    const signedIn = await plain(api, 'POST', '/v1/sessions', headers, body);
    assert.equal(signedIn.code, 'cross-site-request', said);
    assert.equal(signedIn.cookies, undefined, said);
  }
  for (const site of ['cross-site', 'same-site', 'none']) {
    const reading = await plain(api, 'GET', '/v1/devices', { 'sec-fetch-site': site, cookie });
    assert.equal(reading.code, 'cross-site-request', `GET ${site}`);
  }
  // Browsers without Fetch Metadata: reading needs no Origin, since no other page gets to see the answer.
  assert.equal((await plain(api, 'GET', '/v1/devices', { cookie })).status, 200);
  assert.equal((await plain(api, 'DELETE', '/v1/sessions/current', { origin: own, cookie })).status, 204);
  assert.equal(api.source.asked, 1, 'no password was even tried');
});

test('what forms can send is refused before anything else', async () => {
  await using api = await startDeviceApi();
  const { cookie } = await api.signInBrowser('anna', phone);
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
    const headers = { ...ownPage, cookie, 'content-type': type };
    const { json } = await api.call('POST', '/v1/tickets', {
      headers,
      body: '{"appId":"com.fabrikam.mail"}',
    });
    assert.equal(json.code, 'unsupported-media-type', type);
  }
});

test('no other origin may use the cookie, not even one that may call with a bearer token', async () => {
  await using api = await startDeviceApi({ allowedOrigins: ['https://allowed.example'] });
  const headers = { origin: 'https://allowed.example', 'access-control-request-method': 'GET' };
  const answer = await plain(api, 'OPTIONS', '/v1/devices', headers);
  assert.equal(answer.headers['access-control-allow-origin'], 'https://allowed.example');
  assert.equal(answer.headers['access-control-allow-credentials'], undefined);
});

test('the token changes once a day, to one that the browser gets with any answer, also of a refusal', async () => {
  await using api = await startDeviceApi();
  const { cookie } = await api.signInBrowser('anna', phone);
  assert.deepEqual((await ask(api, cookie)).headers.getSetCookie(), []);
  api.clock.leap(rotateEveryMs);
  const refused = await ask(api, cookie, 'POST', `/v1/icons/${'A'.repeat(22)}/test`);
  assert.equal(refused.status, 404);
  const next = cookieOf(refused.headers) ?? assert.fail('no new cookie');
  assert.notEqual(next, cookie);
  assert.match(
    refused.headers.getSetCookie()[0] ?? '',
    /Max-Age=7689600; Path=\/; HttpOnly; Secure; SameSite=Strict/,
  );
  // That answer was lost: the old one gets the same again.
  assert.equal(cookieOf((await ask(api, cookie)).headers), next);
  assert.deepEqual((await ask(api, next)).headers.getSetCookie(), []);
  assert.equal((await ask(api, cookie)).status, 200, 'under way when the new one arrived');
});

test('a stolen token ends the session of the thief and of the owner, and what the device was sent', async () => {
  await using api = await startDeviceApi();
  const { cookie: stolen } = await api.signInBrowser('anna', phone);
  const other = await api.signIn('anna', 'anna-other-1');
  const body = { appId: 'com.fabrikam.mail', sealedTarget: api.relay.seal(phone) };
  const subscribed = await api.call('POST', '/v1/subscriptions', {
    headers: { ...ownPage, cookie: stolen },
    body,
  });
  api.clock.leap(rotateEveryMs);
  const owner = cookieOf((await ask(api, stolen)).headers) ?? assert.fail();
  assert.equal((await ask(api, owner)).status, 200);
  api.clock.leap(underWayMs);

  const theft = await ask(api, stolen, 'GET', '/v1/messages');
  assert.equal(theft.status, 401);
  assert.equal(theft.json.code, 'session-stolen');
  assert.deepEqual(theft.headers.getSetCookie(), []);
  assert.equal((await ask(api, owner)).json.code, 'session-stolen', 'the owner learns why');
  const { json } = await api.call('GET', '/v1/devices', { session: other });
  assert.equal(json.devices.length, 1, 'the device is listed no more, the other one stays');
  const explained = await api.call('POST', `/v1/subscriptions/${subscribed.json.id}/renew`, {
    session: other,
  });
  assert.equal(explained.json.code, 'subscription-not-found');

  const anew = await api.signInBrowser('anna', phone, { cookie: owner });
  assert.equal((await ask(api, anew.cookie)).status, 200, 'signing in again is all it takes');
  assert.equal((await ask(api, stolen)).json.code, 'session-invalid', 'and does the thief no good');
});

test('after 90 days, used every day or not, only a new sign-in goes on', async () => {
  await using api = await startDeviceApi();
  const bearer = await api.signIn('anna', 'anna-native-1');
  const signedIn = await api.signInBrowser('anna', phone);
  let { cookie } = signedIn;
  for (let day = 1; day < 90; day += 10) {
    api.clock.leap(10 * rotateEveryMs - (day === 1 ? 1 : 0));
    const { status, headers, json } = await ask(api, cookie);
    if (day === 81) {
      assert.equal(json.expiresAt, signedIn.answer.json.expiresAt, 'using it does not prolong it');
    }
    assert.equal(status, 200);
    cookie = cookieOf(headers) ?? cookie;
  }
  assert.equal((await api.call('GET', '/v1/sessions/current', { session: bearer })).status, 200);
  api.clock.leap(1);
  assert.equal(api.clock.now(), Date.UTC(2026, 0, 1) + sessionLifetimeMs);
  assert.equal((await ask(api, cookie)).json.code, 'session-invalid');
  assert.equal(
    (await api.call('GET', '/v1/sessions/current', { session: bearer })).json.code,
    'session-invalid',
  );
  const again = await api.signInBrowser('anna', phone, { cookie });
  assert.equal((await ask(api, again.cookie)).status, 200);
});

/** Without the headers that `fetch` adds. */
async function plain(
  api: DeviceApiFixture,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request(`${api.url}${path}`, { method, headers: { ...type, ...headers } }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString();
  const { code } = (text.startsWith('{') ? JSON.parse(text) : {}) as { code?: string };
  return { status: answer.statusCode, headers: answer.headers, code, cookies: answer.headers['set-cookie'] };
}

test('a device’s name is one line of what can be seen, or none', async () => {
  await using api = await startDeviceApi();
  for (const [given, shown] of [
    ['Anna’s 👩‍💻', 'Anna’s 👩‍💻'],
    ['a\nb\u0000c', 'a b c'],
    ['\u202eenohp', 'enohp'],
    ['\u009b2J\u0007', '2J'],
    [' \u200b ', null],
  ] as const) {
    const session = await api.signIn('anna', 'anna-phone-1', { deviceName: given });
    const { json } = await api.call('GET', '/v1/devices', { session });
    assert.equal(json.devices[0].name, shown);
  }
});
