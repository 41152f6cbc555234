// Every operation that the API description lists, by the table: who may not call it, what it answers, and what
// it never does. A new
// operation is tested here without anybody thinking of it; one that needs a body or a parameter of a new kind fails
// until it is given one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceOpenApiDocument } from '../../src/proxy/api/device-api-document.ts';
import { appId, type DeviceApiFixture, ownPage, startDeviceApi } from '../fixtures/device-api.ts';

const phone = 'anna-phone-1';
const strangeId = 'A'.repeat(22);

type Operation = { method: string; path: string; open: boolean };

const operations: readonly Operation[] = Object.entries(deviceOpenApiDocument().paths ?? {}).flatMap(
  ([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      open: (operation as { security?: unknown }).security === undefined,
    })),
);
const guarded = operations.filter(({ open }) => !open);

/** A body that is right in its form. */
const bodies: Record<string, object> = {
  'POST /v1/tickets': { appId },
  'POST /v1/subscriptions': { appId, sealedTarget: `mbt1.k9.${'n'.repeat(16)}.${'x'.repeat(80)}` },
  'POST /v1/subscriptions/{id}/viewed': { upTo: { uidValidity: 1, uidNext: 1 } },
  'PATCH /v1/subscriptions/{id}': { previews: true },
  'POST /v1/icons/{iconId}/opened': { badge: 1 },
};

/** Those of them that a device of this fixture succeeds with. */
const ownBodies: Record<string, object> = {
  'POST /v1/sessions': { user: 'anna', password: 'correct horse', installationId: 'anna-tablet-1' },
  'PATCH /v1/subscriptions/{id}': { policy: 'since-viewed' },
};

type Ids = { id: string; iconId: string; installationId: string };

function filled(path: string, ids: Ids): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    assert.ok(Object.hasOwn(ids, name), `${path} has a parameter of a new kind: ${name}`);
    return encodeURIComponent(ids[name as keyof Ids]);
  });
}

function call(
  api: DeviceApiFixture,
  { method, path }: Operation,
  { ids, ...options }: { ids: Ids; session?: string; headers?: Record<string, string>; body?: unknown },
) {
  const { [`${method} ${path}`]: body } = bodies;
  return api.call(method, filled(path, ids), { ...(body === undefined ? {} : { body }), ...options });
}

const nobodys: Ids = { id: strangeId, iconId: strangeId, installationId: 'nobody-phone-1' };

test('two operations need no session, and all others do', async () => {
  await using api = await startDeviceApi();
  const open = operations.filter(operation => operation.open).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(open, ['GET /v1/app', 'POST /v1/sessions']);
  for (const operation of guarded) {
    const said = `${operation.method} ${operation.path}`;
    assert.equal((await call(api, operation, { ids: nobodys })).json.code, 'session-missing', said);
    const headers = { authorization: `Bearer ${'A'.repeat(43)}` };
    assert.equal((await call(api, operation, { ids: nobodys, headers })).json.code, 'session-invalid', said);
  }
});

test('no operation can be called with the cookie from another site', async () => {
  await using api = await startDeviceApi();
  const { cookie } = await api.signInBrowser('anna', phone);
  for (const operation of guarded) {
    for (const site of ['cross-site', 'same-site', 'none']) {
      const { status, json } = await call(api, operation, {
        ids: nobodys,
        headers: { cookie, 'sec-fetch-site': site },
      });
      assert.equal(json.code, 'cross-site-request', `${operation.method} ${operation.path} ${site}`);
      assert.equal(status, 403);
    }
  }
  const { status } = await api.call('GET', '/v1/sessions/current', { headers: { ...ownPage, cookie } });
  assert.equal(status, 200, 'and the session is still there');
});

test("another person's ids answer as if they were nobody's, to every operation that takes one", async () => {
  await using api = await startDeviceApi();
  const anna = await api.signIn('anna', phone);
  const { id, iconId } = (await api.subscribe(anna, phone)).json;
  const ben = await api.signIn('ben', 'ben-phone-01');
  const annas: Ids = { id, iconId, installationId: phone };
  const withIds = guarded.filter(({ path }) => path.includes('{'));
  assert.equal(withIds.length >= 8, true);
  for (const operation of withIds) {
    const said = `${operation.method} ${operation.path}`;
    const theirs = await call(api, operation, { session: ben, ids: annas });
    const none = await call(api, operation, { session: ben, ids: nobodys });
    assert.equal(theirs.status, 404, said);
    const { traceId: _, ...problem } = theirs.json;
    const { traceId: __, ...expected } = none.json;
    assert.deepEqual(problem, expected, said);
  }
  const after = await api.call('GET', '/v1/devices', { session: anna });
  assert.equal(after.json.devices[0].subscriptions[0].endedAt, null, 'nothing happened to them');
});

test("another device of the same person cannot speak for this one's icon", async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const { id, iconId } = (await api.subscribe(session, phone)).json;
  const tablet = await api.signIn('anna', 'anna-tablet-1');
  const ids = { id, iconId, installationId: phone };
  // A person may end and remove from anywhere; everything else is the device's own.
  const own = guarded.filter(({ method, path }) => path.includes('{') && method !== 'DELETE');
  for (const operation of own) {
    const { status } = await call(api, operation, { session: tablet, ids });
    assert.equal(status, 404, `${operation.method} ${operation.path}`);
  }
});

test('every operation answers what its description says', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  await api.signIn('anna', 'anna-tablet-1', { deviceName: 'Anna’s tablet' });
  const { id, iconId } = (await api.subscribe(session, phone)).json;
  api.mailboxes.append('anna@fabrikam.com', { from: 'Ben <ben@fabrikam.com>', subject: 'Lunch?' });
  const ids: Ids = { id, iconId, installationId: 'anna-tablet-1' };
  // in the description's order, but what ends something comes last
  const last = [
    'DELETE /v1/devices/{installationId}',
    'DELETE /v1/subscriptions/{id}',
    'DELETE /v1/sessions/current',
  ];
  const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;
  const inOrder = operations.toSorted((a, b) => last.indexOf(nameOf(a)) - last.indexOf(nameOf(b)));
  for (const operation of inOrder) {
    const name = nameOf(operation);
    const body = ownBodies[name] ?? bodies[name];
    const { status, text } = await call(api, operation, { ids, session, ...(body && { body }) });
    if (name !== 'POST /v1/subscriptions') assert.equal(status < 300, true, `${name} → ${status} ${text}`);
  }
  assert.deepEqual([...api.answers.succeeded].sort(), api.answers.operations.sort());
});

test('hostile ids and bodies are refused by every operation, never a 500', async () => {
  await using api = await startDeviceApi();
  const session = await api.signIn('anna', phone);
  const { id, iconId } = (await api.subscribe(session, phone)).json;
  const own = { id, iconId, installationId: phone };
  const ids = ['__proto__', 'constructor', '..', '\u0000', '\u202e', "'--", '{}', 'x'.repeat(3000), `${id} `];
  const values = [
    '{"__proto__":{"policy":"unseen"}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"upTo":{"uidValidity":0,"uidNext":1}}',
    '{"upTo":{"uidValidity":1,"uidNext":4294967296}}',
    '{"upTo":{"uidValidity":1,"uidNext":1e400}}',
    '{"upTo":{"uidValidity":-1,"uidNext":1.5}}',
    '{"upTo":{"uidValidity":"1","uidNext":null}}',
    '{"upTo":[1,1]}',
    '{"policy":"__proto__"}',
    '{"policy":null,"previews":"yes"}',
    '{"previews":true,"iconId":"mine"}',
    '{"badge":1e308}',
    '[]',
    '7',
    '"\\ud800"',
    '',
  ];
  let answered = 0;
  const check = async (said: string, sent: ReturnType<typeof call>): Promise<void> => {
    const { status, json, headers } = await sent;
    assert.equal(status >= 400 && status < 500, true, `${said} → ${status}`);
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', said);
    assert.equal(typeof json.code, 'string', said);
    await api.clock.advance(1000); // the limit of a mailbox's requests is not what is tested
    answered++;
  };
  for (const operation of guarded) {
    const { method, path } = operation;
    if (path.includes('{')) {
      for (const each of ids) {
        const hostile = { id: each, iconId: each, installationId: each };
        await check(`${method} ${path} ${each}`, call(api, operation, { session, ids: hostile }));
      }
    }
    if (!Object.hasOwn(bodies, `${method} ${path}`)) continue;
    for (const body of values) {
      await check(`${method} ${path} ${body}`, call(api, operation, { session, ids: own, body }));
    }
  }
  assert.equal(answered > 100, true);
  assert.equal(api.log.join('').includes('request failed'), false);
});
