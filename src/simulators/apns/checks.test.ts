import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import { test } from 'node:test';
import { ManualClock } from '../../runtime/manual-clock.ts';
import type { ServedRequest } from '../faulty-http2-server.ts';
import { type CheckContext, checkRequest, type Verdict } from './checks.ts';
import { SimulatedDevice } from './device.ts';
import { createSigningKey, ProviderTokens, type SigningKey } from './provider-tokens.ts';

const topic = 'com.fabrikam.mail';
const key = createSigningKey({ keyId: 'KEY0000001', teamId: 'TEAM000001' });
const productionKey: SigningKey = {
  ...createSigningKey({ keyId: 'KEY0000002', teamId: 'TEAM000001' }),
  environments: ['production'],
  topics: [topic],
};
const otherTeam = createSigningKey({ keyId: 'KEY0000003', teamId: 'TEAM000002' });

function jwt(
  signer: SigningKey,
  issuedAt: number,
  { header = {}, claims = {} }: { header?: object; claims?: object } = {},
): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'ES256', kid: signer.keyId, ...header })}.${encode({
    iss: signer.teamId,
    iat: Math.floor(issuedAt / 1000),
    ...claims,
  })}`;
  const privateKey = { key: createPrivateKey(signer.privateKeyPem), dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

function setUp() {
  const clock = new ManualClock();
  const tokens = new ProviderTokens({ clock });
  for (const each of [key, productionKey, otherTeam]) tokens.add(each);
  const device = new SimulatedDevice({
    token: 'ab'.repeat(32),
    topic,
    environment: 'sandbox',
    badgePermission: true,
    online: true,
    clock,
    emit: () => {},
  });
  const context: CheckContext = {
    clock,
    environment: 'sandbox',
    identity: undefined,
    tokens,
    newId: () => 'made-up',
    findDevice: token => (token === device.token ? device : undefined),
    takeQuota: () => true,
  };
  const check = (
    change: Partial<Omit<ServedRequest, 'headers'>> & { headers?: Record<string, string | undefined> } = {},
    contextChange: Partial<CheckContext> = {},
  ): Verdict => {
    const headers = {
      authorization: `bearer ${jwt(key, clock.now())}`,
      'apns-topic': topic,
      ...change.headers,
    };
    const request: ServedRequest = {
      method: 'POST',
      path: `/3/device/${device.token}`,
      body: Buffer.from('{"aps":{"badge":1}}'),
      headerNames: Object.keys(headers),
      ...change,
      headers,
    };
    return checkRequest(request, { ...context, ...contextChange });
  };
  const reason = (...args: Parameters<typeof check>): string => {
    const verdict = check(...args);
    return verdict.accepted ? 'accepted' : verdict.reason;
  };
  return { clock, device, check, reason };
}

test('a good request is accepted, and its headers are read', () => {
  const { check, clock } = setUp();
  const verdict = check({
    headers: { 'apns-priority': '5', 'apns-expiration': '1700000000', 'apns-collapse-id': 'icon' },
  });
  assert.ok(verdict.accepted);
  assert.deepEqual(verdict.push, {
    apnsId: 'made-up',
    pushType: 'alert',
    priority: 5,
    expiresAt: 1_700_000_000_000,
    collapseId: 'icon',
    payload: { aps: { badge: 1 } },
    acceptedAt: clock.now(),
  });
});

test('method, id and path', () => {
  const { reason, device } = setUp();
  assert.equal(reason({ method: 'GET' }), 'MethodNotAllowed');
  assert.equal(reason({ headers: { 'apns-id': '7' } }), 'BadMessageId');
  assert.equal(reason({ path: `/2/device/${device.token}` }), 'BadPath');
  assert.equal(reason({ path: '/3/device/' }), 'MissingDeviceToken');
  assert.equal(reason({ headerNames: ['apns-topic', 'apns-topic'] }), 'DuplicateHeaders');
});

test('provider token: missing, malformed, forged, too old, from the future', () => {
  const { reason, clock } = setUp();
  const now = clock.now();
  const bearer = (token: string) => ({ headers: { authorization: `bearer ${token}` } });
  assert.equal(reason({ headers: { authorization: undefined } }), 'MissingProviderToken');
  assert.equal(reason(bearer('a.b')), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now, { header: { alg: 'HS256' } }))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now, { header: { kid: 'UNKNOWN000' } }))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now, { claims: { iss: 'TEAM000002' } }))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now, { claims: { iat: '1' } }))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(otherTeam, now, { header: { kid: key.keyId } }))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now + 120_000))), 'InvalidProviderToken');
  assert.equal(reason(bearer(jwt(key, now - 3_601_000))), 'ExpiredProviderToken');
  assert.equal(reason(bearer(jwt(key, now - 3_599_000))), 'accepted');
});

test('a connection keeps its team and key, and a key its environment', () => {
  const { reason, clock } = setUp();
  const headers = { authorization: `bearer ${jwt(key, clock.now())}` };
  const identity = (keyId: string, teamId: string) => ({ identity: { keyId, teamId } });
  assert.equal(reason({ headers }, identity('KEY0000003', 'TEAM000002')), 'InvalidProviderToken');
  assert.equal(reason({ headers }, identity('KEY0000002', 'TEAM000001')), 'UnrelatedKeyIdInToken');
  const wrongEnvironment = { authorization: `bearer ${jwt(productionKey, clock.now())}` };
  assert.equal(reason({ headers: wrongEnvironment }), 'BadEnvironmentKeyIdInToken');
});

test('a token may be renewed after 20 minutes; the old one stays good when it is too early', async () => {
  const { reason, clock } = setUp();
  const first = { headers: { authorization: `bearer ${jwt(key, clock.now())}` } };
  assert.equal(reason(first), 'accepted');
  await clock.advance(19 * 60_000);
  assert.equal(reason(), 'TooManyProviderTokenUpdates');
  assert.equal(reason(first), 'accepted');
  await clock.advance(60_000);
  assert.equal(reason(), 'accepted');
});

test('headers and body', () => {
  const { reason, clock } = setUp();
  assert.equal(reason({ headers: { 'apns-topic': undefined } }), 'MissingTopic');
  assert.equal(reason({ headers: { 'apns-topic': 'Fabrikam Mail' } }), 'BadTopic');
  const limited = {
    authorization: `bearer ${jwt(productionKey, clock.now())}`,
    'apns-topic': 'com.fabrikam.calendar',
  };
  assert.equal(reason({ headers: limited }, { environment: 'production' }), 'TopicDisallowed');
  assert.equal(reason({ headers: { 'apns-priority': '7' } }), 'BadPriority');
  assert.equal(reason({ headers: { 'apns-expiration': 'soon' } }), 'BadExpirationDate');
  assert.equal(reason({ headers: { 'apns-collapse-id': 'é'.repeat(33) } }), 'BadCollapseId');
  assert.equal(reason({ headers: { 'apns-push-type': 'badge' } }), 'InvalidPushType');
  assert.equal(reason({ body: Buffer.alloc(0) }), 'PayloadEmpty');
  assert.equal(reason({ body: Buffer.alloc(4097) }), 'PayloadTooLarge');
  assert.equal(reason({ body: Buffer.alloc(4096) }), 'accepted');
  assert.equal(reason({ headers: { 'apns-push-type': 'voip' }, body: Buffer.alloc(5120) }), 'accepted');
  assert.equal(reason({ headers: { 'apns-push-type': 'background' } }), 'BadPriority');
  assert.equal(reason({ headers: { 'apns-push-type': 'background', 'apns-priority': '5' } }), 'accepted');
});

test('the device: unknown, of the other environment, of another app, gone, over its rate', () => {
  const { reason, check, device, clock } = setUp();
  assert.equal(reason({ path: '/3/device/nothex' }), 'BadDeviceToken');
  assert.equal(reason({ path: `/3/device/${'cd'.repeat(32)}` }), 'BadDeviceToken');
  assert.equal(reason({}, { environment: 'production' }), 'BadDeviceToken');
  assert.equal(reason({ headers: { 'apns-topic': 'com.fabrikam.calendar' } }), 'DeviceTokenNotForTopic');
  assert.equal(reason({}, { takeQuota: () => false }), 'TooManyRequests');
  device.uninstall();
  const verdict = check();
  assert.ok(!verdict.accepted);
  assert.equal(verdict.reason, 'Unregistered');
  assert.equal(verdict.timestamp, clock.now());
});
