import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeviceClient } from './device-client.ts';
import { DeviceError } from './device-error.ts';

const proxyUrl = 'https://push.fabrikam.com';
const id = 'fl7M9MURbrdi9es-4aUG3A';
const subscription = {
  id,
  iconId: id,
  mailbox: 'anna@fabrikam.com',
  appId: 'com.fabrikam.mail',
  policy: 'unseen',
  previews: false,
  count: null,
  createdAt: 1,
  viewedAt: null,
  expiresAt: 2,
  endedAt: null,
  endedReason: null,
};

type Answer = () => Response | Promise<Response>;

function clientOn(
  answer: Answer,
  session: 'cookie' | { token(): string | undefined } = { token: () => 'T' },
) {
  const requests: Request[] = [];
  const client = createDeviceClient({
    proxyUrl,
    session,
    timeoutMs: 50,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      const aborted = new Promise<never>((_, reject) =>
        request.signal.addEventListener('abort', () => reject(request.signal.reason)),
      );
      return Promise.race([answer(), aborted]);
    },
  });
  return { client, requests };
}

const json = (value: unknown, init?: ResponseInit) => () => Response.json(value, init);

async function errorOf(promise: Promise<unknown>): Promise<DeviceError> {
  const error = await promise.then(
    () => assert.fail('no error'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof DeviceError, String(error));
  return error;
}

test('each call goes to its path, with the session, and brings its answer', async () => {
  const { client, requests } = clientOn(json({ ...subscription, badge: 0, rev: 1 }));
  await client.subscribe({ appId: 'com.fabrikam.mail', sealedTarget: 'mbt1' });
  await client.renew(id);
  const list = { unseen: 2, uidValidity: 1, uidNext: 7, messages: [] };
  await client.viewed(id, list);
  await client.setPreferences(id, { policy: 'since-viewed' });
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url.slice(proxyUrl.length)}`),
    [
      'POST /v1/subscriptions',
      `POST /v1/subscriptions/${id}/renew`,
      `POST /v1/subscriptions/${id}/viewed`,
      `PATCH /v1/subscriptions/${id}`,
    ],
  );
  assert.ok(requests.every(({ headers }) => headers.get('authorization') === 'Bearer T'));
  assert.deepEqual(await requests[2]?.json(), { upTo: { uidValidity: 1, uidNext: 7 } });
});

test('an id is one segment of the path, whatever it is', async () => {
  const { client, requests } = clientOn(() => new Response(null, { status: 204 }));
  await client.removeDevice('../sessions/current');
  assert.equal(requests[0]?.url, `${proxyUrl}/v1/devices/..%2Fsessions%2Fcurrent`);
});

test('in a browser the session is a cookie for the proxy; the relay gets neither cookie nor token', async () => {
  const { client, requests } = clientOn(json({ pending: 'p', expiresAt: 1 }), 'cookie');
  const registrationUrl = 'https://relay.example.com/v1/registrations';
  const target = { provider: 'apns', environment: 'production', token: 'ab'.repeat(32) } as const;
  assert.deepEqual(await client.register({ ticket: 't', registrationUrl }, { target }), {
    registrationUrl,
    pending: 'p',
    expiresAt: 1,
  });
  await errorOf(client.currentSession());
  const [toRelay, toProxy] = requests;
  assert.equal(toRelay?.credentials, 'omit');
  assert.equal(toRelay?.headers.get('authorization'), null);
  assert.equal(toProxy?.credentials, 'same-origin');
});

test('a native app has its token answered, a web app asks for the cookie', async () => {
  const answer = json({ session: 'T', mailbox: 'anna@fabrikam.com', expiresAt: 1 });
  const credential = { user: 'anna', password: 'p', installationId: 'installation' };
  const native = clientOn(answer);
  assert.equal((await native.client.signIn(credential)).session, 'T');
  assert.deepEqual(await native.requests[0]?.json(), credential);
  const web = clientOn(answer, 'cookie');
  await web.client.signIn(credential);
  assert.deepEqual(await web.requests[0]?.json(), { ...credential, sessionIn: 'cookie' });
});

test('a problem keeps its code, hint, trace and the time to wait', async () => {
  const problem = {
    code: 'sign-in-throttled',
    detail: 'too many failed sign-ins',
    hint: 'wait',
    traceId: 'abc',
  };
  const { client } = clientOn(json(problem, { status: 429, headers: { 'retry-after': '7' } }));
  const error = await errorOf(client.messages());
  const { code, status, message, hint, retryAfterMs, traceId } = error;
  assert.deepEqual(
    { code, status, message, hint, retryAfterMs, traceId },
    {
      code: 'sign-in-throttled',
      status: 429,
      message: 'too many failed sign-ins',
      hint: 'wait',
      retryAfterMs: 7000,
      traceId: 'abc',
    },
  );
});

const offline: readonly [name: string, answer: Answer][] = [
  ['the network is away', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['nothing comes in time', () => new Promise(() => {})],
  [
    'the answer breaks off',
    () => new Response(new ReadableStream({ start: stream => stream.error(new Error('reset')) })),
  ],
];

for (const [name, answer] of offline) {
  test(`offline: ${name}`, async () => {
    const error = await errorOf(clientOn(answer).client.messages());
    assert.equal(error.code, 'offline');
    assert.equal(error.status, 0);
  });
}

const devicesWith = (more: object) => ({
  devices: [
    {
      installationId: 'i',
      name: null,
      thisDevice: true,
      signedInAt: 1,
      lastSeenAt: 1,
      subscriptions: [{ ...subscription, ...more }],
    },
  ],
});

const unexpected: readonly [name: string, answer: Answer][] = [
  ['HTML', () => new Response('<html>Sign in to the hotel</html>')],
  ['nothing', () => new Response(null, { status: 204 })],
  ['null', json(null)],
  ['a list', json([devicesWith({})])],
  ['a member is missing', json({ devices: [{}] })],
  ['a member is inherited', () => new Response(`{"__proto__":${JSON.stringify(devicesWith({}))}}`)],
  ['an id that leaves its path', json(devicesWith({ id: '../../x' }))],
  ['a policy of tomorrow', json(devicesWith({ policy: 'loud' }))],
  ['a count below zero', json(devicesWith({ count: -1 }))],
  ['a text of 100 kB', json(devicesWith({ mailbox: 'x'.repeat(100_000) }))],
  ['a million devices', json({ devices: Array.from({ length: 100_000 }, () => 1) })],
  [
    'it never ends',
    () =>
      new Response(
        new ReadableStream({ pull: stream => stream.enqueue(new TextEncoder().encode(' '.repeat(65_536))) }),
      ),
  ],
  ['an error that is no problem document', () => new Response('Bad gateway', { status: 502 })],
  ['a code of a newer proxy', json({ code: 'moon-phase-wrong' }, { status: 400 })],
  ['a code that every object inherits', json({ code: 'toString' }, { status: 400 })],
  ['a code that is no text', json({ code: { length: 3 } }, { status: 400 })],
];

for (const [name, answer] of unexpected) {
  test(`unexpected: ${name}`, async () => {
    const error = await errorOf(clientOn(answer).client.devices());
    assert.equal(error.code, 'unexpected-answer');
    assert.ok(error.message.length <= 500);
  });
}

test('links lead to the web and nowhere else', async () => {
  const list = (open: string) => ({
    unseen: 1,
    uidValidity: 1,
    uidNext: 2,
    messages: [{ uid: 1, fromName: null, fromAddress: null, subject: null, receivedAt: 1, links: { open } }],
  });
  assert.equal(
    (await clientOn(json(list('https://mail.example.com/1'))).client.messages()).messages.length,
    1,
  );
  for (const hostile of [
    'javascript:alert(1)',
    'data:text/html,x',
    '//evil.example',
    'https:/',
    ' https://x',
  ])
    assert.equal((await errorOf(clientOn(json(list(hostile))).client.messages())).code, 'unexpected-answer');
});

test('a time to wait is believed up to a day, and only as seconds', async () => {
  for (const [header, expected] of [
    ['3', 3000],
    ['999999999', 86_400_000],
    ['-1', undefined],
    ['soon', undefined],
  ] as const) {
    const answer = json({ code: 'overloaded' }, { status: 503, headers: { 'retry-after': header } });
    assert.equal((await errorOf(clientOn(answer).client.messages())).retryAfterMs, expected);
  }
});
