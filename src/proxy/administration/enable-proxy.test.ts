import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxyStages } from '../../../test/fixtures/proxy-stages.ts';
import type { RelayMetadata } from '../../contract/relay-metadata.ts';
import { seededRandom } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secrets.ts';
import { readProxyObject } from '../publisher/proxy-object.ts';
import type { RelayFailure } from '../trust/relay/relay-failure.ts';
import { pinRelay } from '../trust/relay/relay-pin.ts';
import { carryOut, disableProxy, planEnable } from './enable-proxy.ts';

const relayUrl = 'https://relay.example.com/';
const metadata: RelayMetadata = {
  issuer: 'https://relay.example.com',
  version: '0.1.0',
  minimumProxyVersion: '0.1.0',
  capabilities: [],
  relayTime: 0,
  tokenEndpoint: 'https://relay.example.com/oauth/token',
  publishAudience: 'https://relay.example.com/v1',
  apps: [],
};
const hostName = 'mx1.fabrikam.com';

async function open({ trusted = true, connected = true } = {}) {
  const stages = await openProxyStages();
  const { db, clock } = stages;
  await db.deleteFrom('proxy_object').execute();
  if (trusted) {
    await pinRelay({ db, clock }, { relayUrl, metadata, signingKeys: [], organization: 'fabrikam.com' });
  }
  if (connected) {
    await db
      .updateTable('relay_trust')
      .set({ realm: '5f0c0b7e-6a3e-4c2e-9a55-0e4b3f1f2a11', application_id: 'a', connected_at: 1 })
      .execute();
  }
  const relay: { failure: RelayFailure | undefined } = { failure: undefined };
  const access = {
    reload: async () => undefined,
    authorize: async () =>
      relay.failure === undefined
        ? {
            kind: 'authorized' as const,
            baseUrl: new URL(relayUrl),
            accessToken: new Secret('t'),
            capabilities: [],
          }
        : { kind: 'failed' as const, failure: relay.failure },
  };
  const collaborators = { db, clock, access, random: seededRandom(3), hostName, allowHttp: false };
  return {
    ...{ stages, db, clock, relay, collaborators },
    plan: (request = {}) => planEnable(request, collaborators),
    async enable(request = {}) {
      await carryOut(await planEnable(request, collaborators), collaborators);
      return readProxyObject(db, { hostName });
    },
    [Symbol.asyncDispose]: () => stages[Symbol.asyncDispose](),
  };
}

test('what is not given comes from trust, and later stays as it was', async () => {
  await using proxy = await open();
  const first = await proxy.enable();
  assert.deepEqual(
    [first.enabled, first.organization, first.uri, first.isValid, first.objectState, first.originatingServer],
    [true, 'fabrikam.com', relayUrl, true, 'Unchanged', hostName],
  );
  await proxy.clock.advance(60_000);
  assert.deepEqual(await proxy.enable({ organization: 'FABRIKAM.com.' }), first, 'not even whenChanged');
  assert.equal(await disableProxy(proxy), true);
  assert.equal(await disableProxy(proxy), false);
  const again = await proxy.enable();
  assert.deepEqual(
    [again.guid, again.whenCreated, again.whenChanged],
    [first.guid, first.whenCreated, proxy.clock.now()],
  );
});

test('everything that is missing is told at once, and nothing is changed', async () => {
  await using proxy = await open();
  proxy.relay.failure = { code: 'credential-revoked', message: 'revoked', hint: 'make another' };
  await assert.rejects(proxy.enable({ organization: 'contoso.com' }), {
    code: 'prerequisites-missing',
    message: /the organization is contoso\.com, but trust is set up for fabrikam\.com.*revoked/s,
  });
  assert.equal((await readProxyObject(proxy.db, { hostName })).objectState, 'New');
});

test('a relay that is away is a warning', async () => {
  await using proxy = await open();
  proxy.relay.failure = { code: 'relay-unreachable', message: 'away', hint: 'wait' };
  assert.deepEqual((await proxy.plan()).warnings, [proxy.relay.failure]);
  assert.equal((await proxy.enable()).enabled, true);
});

test('before trust is set up, or connected, there is nothing to enable', async () => {
  await using bare = await open({ trusted: false, connected: false });
  await assert.rejects(bare.enable({ organization: 'fabrikam.com' }), { code: 'relay-not-connected' });
  await using unconnected = await open({ connected: false });
  await assert.rejects(unconnected.enable(), { code: 'relay-not-connected' });
});

for (const [uri, code] of [
  ['PushNotifications', 'usage'],
  ['http://relay.example.com', 'usage'],
  ['https://user@relay.example.com', 'usage'],
  ['https://relay.example.com/PushNotifications', 'usage'],
  ['https://relay.example.com:8443', 'trust-disagrees'],
  ['https://relay.example.org', 'trust-disagrees'],
] as const) {
  test(`the URI ${uri} is refused: ${code}`, async () => {
    await using proxy = await open();
    await assert.rejects(proxy.enable({ uri }), { code });
  });
}

test('trust that was set up for somebody else since makes the object invalid', async () => {
  await using proxy = await open();
  await proxy.enable();
  const { db, clock } = proxy;
  await pinRelay({ db, clock }, { relayUrl, metadata, signingKeys: [], organization: 'contoso.com' });
  const object = await readProxyObject(db, { hostName });
  assert.equal(object.isValid, false);
  assert.match(
    object.invalidReason ?? '',
    /the organization is fabrikam\.com, but trust is set up for contoso\.com/,
  );
});
