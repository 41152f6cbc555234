import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { AppError } from '../../runtime/errors.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { CredentialIndex } from '../organizations/credential-index.ts';
import { AccessTokenVerifier } from './access-token.ts';

const issuer = 'https://relay.example.com';
const audience = `${issuer}/v1`;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'RS256', use: 'sig' }] };

function parts() {
  const clock = new ManualClock();
  const standing = {
    organizationId: 'organization',
    domain: 'fabrikam.com',
    realm: 'realm',
    sealEpoch: 1,
    applicationId: 'client',
    organizationActive: true,
    startAt: 0,
    endAt: clock.now() + 86_400_000,
    revokedAt: null,
    publicJwk: {},
  };
  const credentials = new CredentialIndex({ clock, find: async () => standing });
  const verifier = new AccessTokenVerifier({ issuer, audience, jwks: () => jwks, credentials, clock });
  const now = clock.now() / 1000;
  const good = {
    iss: issuer,
    aud: audience,
    sub: 'client',
    client_id: 'client',
    credential: 'kid',
    realm: 'realm',
    iat: now,
    exp: now + 600,
  };
  /** Signed with the relay's own key: what is wrong with it is only what the test changes. */
  const token = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    new SignJWT({ ...good, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key', ...header })
      .sign(privateKey);
  return { clock, verifier, token };
}

test('names the caller that the credential stands for, whatever else the token claims', async () => {
  const { verifier, token } = parts();
  const caller = await verifier.callerOf(`Bearer ${await token({ realm: 'claimed', sealEpoch: 9 })}`);
  assert.deepEqual(caller, {
    organizationId: 'organization',
    realm: 'realm',
    sealEpoch: 1,
    applicationId: 'client',
    credentialId: 'kid',
  });
});

test('no other JWT of the same key stands in for an access token (RFC 9068 §4)', async () => {
  const { verifier, token } = parts();
  for (const [name, jwt] of [
    ['another type', await token({}, { typ: 'JWT' })],
    ['no type', await token({}, { typ: undefined })],
    ['another algorithm', await token({}, { alg: 'RS512' })],
    ['another issuer', await token({ iss: 'https://elsewhere.example' })],
    ['another audience', await token({ aud: issuer })],
    ['no end', await token({ exp: undefined })],
    ['no client', await token({ client_id: undefined })],
    ['no credential', await token({ credential: undefined })],
    ['a credential of no text', await token({ credential: 17 })],
    ['an unknown key', await token({}, { kid: 'other' })],
  ] as const) {
    await assert.rejects(
      verifier.callerOf(`Bearer ${jwt}`),
      (error: unknown) => error instanceof AppError && error.code === 'token-invalid',
      name,
    );
  }
});

test('a token ends when it says, verified before or not', async () => {
  const { clock, verifier, token } = parts();
  const known = `Bearer ${await token()}`;
  const unknown = `Bearer ${await token({ jti: 'another' })}`;
  await verifier.callerOf(known);
  await clock.advance(600_000);
  for (const authorization of [known, unknown]) {
    await assert.rejects(
      verifier.callerOf(authorization),
      (error: unknown) => error instanceof AppError && error.code === 'token-expired',
    );
  }
});
