import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { ticketType } from '../../contract/registration.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { type TicketSigner, TicketVerifier } from './registration-ticket.ts';

const issuer = 'https://relay.example';
const realm = '11111111-2222-4333-8444-555555555555';
const keyId = 'k'.repeat(43);
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function setUp(changes: Partial<TicketSigner> = {}) {
  const clock = new ManualClock();
  const signer: TicketSigner = {
    publicJwk: pair.publicKey.export({ format: 'jwk' }),
    organizationId: 'org',
    organizationActive: true,
    realm,
    sealEpoch: 1,
    applicationId: 'application-1',
    startAt: clock.now() - 1000,
    endAt: clock.now() + 86_400_000,
    revokedAt: null,
    ...changes,
  };
  const verifier = new TicketVerifier({
    findSigner: async id => (id === keyId ? signer : undefined),
    issuer,
    clock,
  });
  const nowSeconds = Math.floor(clock.now() / 1000);
  const claims = {
    iss: 'application-1',
    aud: issuer as unknown,
    realm,
    app: 'com.fabrikam.mail',
    installation: 'installation-1',
    jti: 'j'.repeat(22),
    iat: nowSeconds,
    exp: nowSeconds + 600,
  };
  return { clock, verifier, claims };
}

function sign(
  claims: Record<string, unknown>,
  {
    header = {},
    key = pair.privateKey,
  }: { header?: Record<string, unknown>; key?: typeof pair.privateKey } = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ typ: ticketType, alg: 'RS256', kid: keyId, ...header })
    .sign(key);
}

test('a good ticket names the organization behind its key', async () => {
  const { verifier, claims } = setUp();
  const verified = await verifier.verify(await sign(claims));
  assert.ok(verified.kind === 'valid');
  assert.equal(verified.signer.organizationId, 'org');
  assert.equal(verified.claims.installation, 'installation-1');
  assert.equal(verified.expiresAt, claims.exp * 1000);
});

test('claims that are not of this relay, this organization or this time are refused', async () => {
  const { verifier, claims } = setUp();
  const wrong: Record<string, unknown>[] = [
    { aud: 'https://other.example' },
    { aud: [issuer] },
    { iss: 'application-2' },
    { realm: '11111111-2222-4333-8444-555555555556' },
    { realm: 'fabrikam' },
    { exp: claims.exp + 1 },
    { iat: claims.iat + 120, exp: claims.exp + 120 },
    { iat: claims.iat - 7200 },
    { iat: 'now' },
    { jti: 'short' },
    { app: '../etc' },
    { installation: undefined },
  ];
  for (const change of wrong) {
    const verified = await verifier.verify(await sign({ ...claims, ...change }));
    assert.equal(verified.kind, 'invalid', JSON.stringify(change));
  }
});

test('headers and signatures are held to the registered key', async () => {
  const { verifier, claims } = setUp();
  const good = await sign(claims);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const unsigned = Buffer.from(JSON.stringify({ typ: ticketType, alg: 'none', kid: keyId })).toString(
    'base64url',
  );
  const wrong = [
    await sign(claims, { header: { typ: 'JWT' } }),
    await sign(claims, { header: { kid: 'x'.repeat(43) } }),
    await sign(claims, { header: { kid: '' } }),
    await sign(claims, { header: { alg: 'ES256' }, key: stranger.privateKey }),
    await sign(claims, { header: { alg: 'PS256' } }),
    await sign(claims, { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }),
    `${unsigned}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${Buffer.from('{}').toString('base64url')}.${signature}`,
    `${header}.${payload}`,
    '',
    '..',
    '💥'.repeat(100),
  ];
  for (const ticket of wrong) assert.equal((await verifier.verify(ticket)).kind, 'invalid', ticket);
});

test('a ticket expires', async () => {
  const { verifier, claims, clock } = setUp();
  const ticket = await sign(claims);
  await clock.advance(600_000);
  assert.deepEqual(await verifier.verify(ticket), { kind: 'expired' });
});

test('a revoked, expired or future credential and an inactive organization sign nothing', async () => {
  const { clock } = setUp();
  const changes: Partial<TicketSigner>[] = [
    { revokedAt: clock.now() },
    { endAt: clock.now() },
    { startAt: clock.now() + 1 },
    { organizationActive: false },
  ];
  for (const change of changes) {
    const { verifier, claims } = setUp(change);
    assert.equal((await verifier.verify(await sign(claims))).kind, 'invalid', JSON.stringify(change));
  }
});
