// What the proxy's relay client reports when a publish ends in each way that a network and a relay know.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { NotificationResult } from '../../src/contract/outcomes.ts';
import type { Notification, PublishRequest } from '../../src/contract/publishing.ts';
import { relayVersionHeader } from '../../src/contract/versions.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { MovingClock } from '../fixtures/moving-clock.ts';
import { openProxyTrust } from '../fixtures/proxy-trust.ts';
import { answerJson, answerProblem, RelayStandIn, type Route } from '../fixtures/relay-stand-in.ts';
import { until } from '../fixtures/until.ts';

const publishPath = 'POST /v1/notifications';
const ids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];

const request: PublishRequest = {
  notAfter: Date.now() + 5000,
  notifications: ids.map(
    (id): Notification => ({
      id,
      traceId: 'a'.repeat(32),
      appId: 'com.fabrikam.mail',
      sealedTarget: `mbt1.1.${'A'.repeat(16)}.${'A'.repeat(40)}`,
      collapseKey: 'icon',
      badge: 3,
      expiresAt: Date.now() + 86_400_000,
      presentation: 'badge',
    }),
  ),
};

type Connected = { relay: RelayStandIn; trust: Awaited<ReturnType<typeof openProxyTrust>> };

async function publishTo(
  route: Route,
  {
    clock,
    publishing = request,
    before,
  }: { clock?: Clock; publishing?: PublishRequest; before?: (connected: Connected) => unknown } = {},
) {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay, ...(clock !== undefined && { clock }) });
  relay.routes[publishPath] = route;
  await before?.({ relay, trust });
  const results: NotificationResult[] = [];
  const end = await trust.client.publish(publishing, {
    signal: new AbortController().signal,
    onResult: result => results.push(result),
  });
  const recorded = relay.requests.find(({ path }) => path === '/v1/notifications');
  return { end, results, recorded, tokens: relay.tokensIssued, relayNow: trust.client.relayNow(), trust };
}

const accepted = (id: string) => `${JSON.stringify({ id, outcome: 'accepted', providerId: 'p' })}\n`;
const ndjson = { 'content-type': 'application/x-ndjson' };

test('a batch is answered line by line; the request says who and what', async () => {
  const { end, results, recorded } = await publishTo((_, response) => {
    response.writeHead(200, ndjson).write(accepted(ids[0] ?? ''));
    response.end(accepted(ids[1] ?? ''));
  });
  assert.deepEqual(end, { kind: 'answered' });
  assert.equal(results.length, 2);
  assert.deepEqual(JSON.parse(recorded?.body ?? ''), request);
  assert.equal(recorded?.headers.authorization, 'Bearer token-1');
  assert.equal(recorded?.headers['user-agent'], 'Mailbadge-Proxy/0.1.0');
  assert.equal(recorded?.headers.accept, 'application/x-ndjson');
  assert.match(recorded?.headers['traceparent'] as string, /^00-a{32}-[0-9a-f]{16}-01$/);
});

test('a relay without NDJSON is asked for JSON', async () => {
  const { end, results, recorded } = await publishTo(
    (_, response) =>
      answerJson(response, 200, {
        relayTime: Date.now(),
        results: [{ id: ids[0], outcome: 'deferred', reason: 'provider-throttled' }],
      }),
    {
      before: async ({ relay, trust }) => {
        relay.metadata = { capabilities: [] };
        await trust.access.tokens.renew();
        await trust.access.trust.refresh();
      },
    },
  );
  assert.equal(recorded?.headers.accept, 'application/json');
  assert.deepEqual(end, { kind: 'answered' });
  assert.equal(results.length, 1);
});

test('a relay gets only the members that it lists', async () => {
  const [first, second] = request.notifications;
  assert.ok(first !== undefined && second !== undefined);
  const full = { ...request, notifications: [{ ...first, rev: 7, preview: 'AAAA' }, second] };
  for (const [capabilities, expected] of [
    [[], first],
    [['fcm'], { ...first, rev: 7 }],
    [['previews'], { ...first, preview: 'AAAA' }],
    [['fcm', 'previews'], full.notifications[0]],
  ] as const) {
    const { recorded } = await publishTo((_, response) => void response.writeHead(503).end(), {
      publishing: full,
      before: async ({ relay, trust }) => {
        relay.metadata = { capabilities };
        await trust.access.tokens.renew();
        await trust.access.trust.refresh();
      },
    });
    const sent = JSON.parse(recorded?.body ?? '') as PublishRequest;
    assert.deepEqual(sent.notifications, [expected, second]);
  }
});

test('half an answer and then a cut: the results that came count, the end is broken', async () => {
  const { end, results } = await publishTo((_, response) => {
    response.writeHead(200, ndjson).write(accepted(ids[0] ?? ''), () => response.socket?.destroy());
  });
  assert.equal(end.kind, 'broken');
  assert.deepEqual(
    results.map(result => result.id),
    [ids[0]],
  );
});

const broken: [string, Route][] = [
  ['a connection cut before any answer', (_, response) => void response.socket?.destroy()],
  ['a line that never ends', (_, response) => void response.writeHead(200, ndjson).end('x'.repeat(100_000))],
  ['a line that is no JSON', (_, response) => void response.writeHead(200, ndjson).end('{"id":\n')],
  ['an HTML page with status 200', (_, response) => void response.writeHead(200).end('<html>')],
  ['500', (_, response) => answerProblem(response, 500, 'internal-error')],
  ['502 from a reverse proxy', (_, response) => void response.writeHead(502).end('<html>')],
  ['503 without a word', (_, response) => void response.writeHead(503).end()],
  ['408 from something in between', (_, response) => void response.writeHead(408).end()],
];
for (const [name, route] of broken) {
  test(`${name} leaves the outcome unknown`, async () => {
    const { end, results } = await publishTo(route);
    assert.equal(end.kind, 'broken');
    assert.deepEqual(results, []);
  });
}

test('no answer within the time leaves the outcome unknown', async () => {
  const clock = new MovingClock();
  const { end } = await publishTo(() => clock.putForward(30_000), { clock });
  assert.ok(end.kind === 'broken' && /30000 ms/.test(end.detail));
});

type Refusal = { name: string; route: Route; code: string; retryAfterMs?: number };
const refusals: Refusal[] = [
  {
    name: '429 with a delay',
    route: (_, response) =>
      answerProblem(response, 429, 'too-many-requests', { headers: { 'retry-after': '7' } }),
    code: 'too-many-requests',
    retryAfterMs: 7000,
  },
  {
    name: '503 with a reason and a delay',
    route: (_, response) =>
      answerProblem(response, 503, 'shutting-down', { headers: { 'retry-after': '2' } }),
    code: 'shutting-down',
    retryAfterMs: 2000,
  },
  {
    name: '503 of a load balancer that says when',
    route: (_, response) => void response.writeHead(503, { 'retry-after': '30' }).end(),
    code: 'overloaded',
    retryAfterMs: 30_000,
  },
  {
    name: '426',
    route: (_, response) => answerProblem(response, 426, 'proxy-too-old'),
    code: 'proxy-too-old',
  },
  {
    name: '413 from something in between',
    route: (_, response) => void response.writeHead(413).end(),
    code: 'body-too-large',
  },
  {
    name: 'a redirect',
    route: (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    code: 'relay-answer-invalid',
  },
];
for (const { name, route, code, retryAfterMs } of refusals) {
  test(`${name} is a certain refusal`, async () => {
    const { end } = await publishTo(route);
    assert.ok(end.kind === 'refused');
    assert.equal(end.code, code);
    assert.equal(end.retryAfterMs, retryAfterMs);
  });
}

test('401 is a certain refusal, and the next publish has another token', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  relay.routes[publishPath] = ({ headers }, response) =>
    headers.authorization === 'Bearer token-1'
      ? answerProblem(response, 401, 'token-expired')
      : void response.writeHead(200, ndjson).end(ids.map(accepted).join(''));
  const options = { signal: new AbortController().signal, onResult: () => {} };
  const first = await trust.client.publish(request, options);
  assert.ok(first.kind === 'refused' && first.code === 'token-expired');
  assert.deepEqual(await trust.client.publish(request, options), { kind: 'answered' });
});

test('"not-after-too-far" measures the relay’s clock anew', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  await trust.access.tokens.get();
  const ahead = (): number => (trust.client.relayNow() ?? 0) - relay.now();
  const before = ahead();
  relay.clockOffsetMs = -60_000; // the relay's clock was set back
  relay.routes[publishPath] = (_, response) =>
    answerProblem(response, 400, 'not-after-too-far', { relayTime: relay.now() - 60_000 });
  const end = await trust.client.publish(request, {
    signal: new AbortController().signal,
    onResult: () => {},
  });
  assert.ok(end.kind === 'refused' && end.code === 'not-after-too-far');
  const after = ahead();
  assert.ok(after < before - 50_000 && after <= -60_000, `${before} ms, then ${after} ms`);
});

test('an answer that names another version of the relay has its metadata read again, once', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  await trust.access.tokens.get();
  relay.metadata = { version: '0.2.0' };
  relay.routes[publishPath] = (_, response) => {
    response.writeHead(200, { ...ndjson, [relayVersionHeader]: '0.2.0' });
    response.end(ids.map(accepted).join(''));
  };
  const metadataPath = 'GET /.well-known/mailbadge-relay';
  const before = relay.count(metadataPath);
  for (let batch = 0; batch < 3; batch++) {
    await trust.client.publish(request, { signal: new AbortController().signal, onResult: () => {} });
  }
  await until('the version is stored', async () => {
    const { metadata } = await trust.db
      .selectFrom('relay_trust')
      .select('metadata')
      .executeTakeFirstOrThrow();
    return JSON.parse(metadata).version === '0.2.0';
  });
  assert.equal(relay.count(metadataPath), before + 1);
});

test('without a token nothing is sent', async () => {
  const { end, recorded } = await publishTo(() => {}, {
    before: async ({ relay, trust }) => {
      relay.registered = undefined;
      const token = await trust.access.tokens.get();
      if (token.kind === 'token') trust.access.invalidate(token.accessToken);
    },
  });
  assert.ok(end.kind === 'not-sent' && end.code === 'credential-not-registered');
  assert.equal(recorded, undefined);
});

test('a relay that refuses connections gets nothing: not sent', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  await trust.access.tokens.get();
  await relay[Symbol.asyncDispose]();
  const options = { signal: new AbortController().signal, onResult: () => {} };
  // The first try may meet the connection that was kept alive; a new one is refused.
  await trust.client.publish(request, options);
  const end = await trust.client.publish(request, options);
  assert.ok(end.kind === 'not-sent' && end.code === 'relay-unreachable', JSON.stringify(end));
});

test('a server that accepts and says nothing in TLS gets nothing: not sent', async () => {
  const silent = createServer();
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
  const received: Buffer[] = [];
  silent.on('connection', socket => socket.on('data', chunk => received.push(chunk)).on('error', () => {}));
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  const end = await trust.http.exchange(
    {
      method: 'POST',
      url: new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/notifications`),
      body: 'a secret',
      timeoutMs: 300,
    },
    () => () => {},
  );
  silent.close();
  assert.ok(end.kind === 'not-sent' && end.reason === 'timeout');
  assert.ok(!Buffer.concat(received).includes('a secret'));
});

test('cancelling before the answer leaves the outcome unknown; before the start, nothing is sent', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  const controller = new AbortController();
  relay.routes[publishPath] = () => controller.abort();
  const end = await trust.client.publish(request, { signal: controller.signal, onResult: () => {} });
  assert.equal(end.kind, 'broken');
  const late = await trust.client.publish(request, { signal: AbortSignal.abort(), onResult: () => {} });
  assert.equal(late.kind, 'not-sent');
});

test('the relay describes a sealed target, refuses it, or cannot be asked', async () => {
  await using relay = await RelayStandIn.open();
  await using trust = await openProxyTrust({ relay });
  const described = {
    targetId: 'T'.repeat(43),
    provider: 'apns',
    installationId: 'installation-1',
    registeredAt: 1,
  };
  const path = 'POST /v1/targets/describe';
  const ask = () => trust.access.describeTarget({ appId: 'com.fabrikam.mail', sealedTarget: 'mbt1.x' });
  relay.routes[path] = (_, response) => answerJson(response, 200, { ...described, novelty: 1 });
  assert.deepEqual(await ask(), { kind: 'described', target: described });
  relay.routes[path] = (_, response) => answerProblem(response, 400, 'target-not-openable');
  const refused = await ask();
  assert.ok(refused.kind === 'refused' && refused.failure.code === 'target-not-openable');
  relay.routes[path] = (_, response) => answerProblem(response, 503, 'overloaded');
  assert.equal((await ask()).kind, 'failed');
  relay.routes[path] = (_, response) => answerJson(response, 200, { targetId: 'short' });
  const malformed = await ask();
  assert.ok(malformed.kind === 'failed' && malformed.failure.code === 'relay-answer-invalid');
});
