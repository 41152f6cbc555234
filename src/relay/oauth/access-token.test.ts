import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type JWK, SignJWT } from 'jose';
import type { ErrorCode } from '../../contract/error-codes.ts';
import { AppError } from '../../runtime/errors.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { CredentialIndex, type Standing } from '../organizations/credential-index.ts';
import { AccessTokenVerifier } from './access-token.ts';

const issuer = 'https://relay.example.com';
const audience = `${issuer}/v1`;
const client = '6f1ed002-ab5c-4b1f-8d5a-3f6a1c0e9b11';
const another = '7a2fe113-bc6d-4c20-9e6b-4a7b2d1fac22';
const realm = '0b8f3a52-61d3-4d57-9a53-1f0c8f8f7a10';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'RS256', use: 'sig' }] };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const holders = { RS256: rsa, PS256: rsa, ES256: ec } as const;

function parts() {
  const clock = new ManualClock();
  const credential = (keys: typeof rsa): Standing => ({
    organizationId: 'organization',
    domain: 'fabrikam.com',
    realm,
    sealEpoch: 1,
    applicationId: client,
    organizationActive: true,
    directTrust: true,
    startAt: 0,
    endAt: clock.now() + 86_400_000,
    revokedAt: null,
    publicJwk: keys.publicKey.export({ format: 'jwk' }) as JWK,
  });
  const standings: Record<string, Standing> = {
    'rsa-kid': credential(rsa),
    'ec-kid': credential(ec),
    foreign: { ...credential(ec), applicationId: another },
  };
  const credentials = new CredentialIndex({ clock, find: async id => standings[id] });
  const verifier = new AccessTokenVerifier({ issuer, audience, jwks: () => jwks, credentials, clock });
  const now = clock.now() / 1000;
  const good = {
    iss: issuer,
    aud: audience,
    sub: client,
    client_id: client,
    credential: 'rsa-kid',
    realm,
    iat: now,
    exp: now + 600,
    jti: 'jti',
  };
  /** Signed with the relay's own key: what is wrong with it is only what the test changes. */
  const issued = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    new SignJWT({ ...good, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key', ...header })
      .sign(privateKey);
  /** Signed with the organization's key. */
  const selfSigned = (
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    alg: keyof typeof holders = 'RS256',
  ) =>
    new SignJWT({ ...good, credential: undefined, iss: client, ...claims })
      .setProtectedHeader({ alg, typ: 'at+jwt', kid: alg === 'ES256' ? 'ec-kid' : 'rsa-kid', ...header })
      .sign(holders[alg].privateKey);
  const change = async (id: string, to: Partial<Standing>): Promise<void> => {
    standings[id] = { ...(standings[id] as Standing), ...to };
    await clock.advance(1000);
  };
  return { clock, now, verifier, issued, selfSigned, change };
}

async function refusedWith(
  verifier: AccessTokenVerifier,
  jwt: string,
  code: ErrorCode,
  name: string = code,
): Promise<void> {
  await assert.rejects(
    verifier.identify(`Bearer ${jwt}`),
    (error: unknown) => {
      assert.ok(error instanceof AppError, String(error));
      assert.equal(error.code, code, `${name}: ${error.message}`);
      assert.ok(error.hint, `${name}: what to do`);
      return true;
    },
    name,
  );
}

test('names the caller that the credential stands for, whatever else the token claims', async () => {
  const { verifier, issued, selfSigned } = parts();
  const caller = { organizationId: 'organization', realm, sealEpoch: 1, applicationId: client };
  assert.deepEqual(
    await verifier.identify(`Bearer ${await issued({ sealEpoch: 9, organization: 'claimed' })}`),
    { caller: { ...caller, credentialId: 'rsa-kid' }, selfSigned: false },
  );
  for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
    const credentialId = alg === 'ES256' ? 'ec-kid' : 'rsa-kid';
    const jwt = await selfSigned({ credential: 'claimed' }, { 'x5t#S256': credentialId, x5t: 'any' }, alg);
    assert.deepEqual(await verifier.identify(`Bearer ${jwt}`), {
      caller: { ...caller, credentialId },
      selfSigned: true,
    });
  }
});

test('refuses a token that the relay issued otherwise, or for others (RFC 9068 §4)', async () => {
  const { verifier, issued, now } = parts();
  const cases: [name: string, code: ErrorCode, claims?: object, header?: object][] = [
    ['another type', 'token-kind-not-allowed', {}, { typ: 'JWT' }],
    ['no type', 'token-kind-not-allowed', {}, { typ: undefined }],
    ['another algorithm', 'token-kind-not-allowed', {}, { alg: 'RS512' }],
    ['an algorithm that the relay does not sign with', 'token-kind-not-allowed', {}, { alg: 'PS256' }],
    ['another audience', 'token-audience-wrong', { aud: issuer }],
    ['a list of audiences', 'token-audience-wrong', { aud: [audience] }],
    ['another relay', 'token-issuer-unknown', { iss: 'https://elsewhere.example' }],
    ['no issuer', 'token-issuer-unknown', { iss: undefined }],
    ['an unknown key', 'token-signature-invalid', {}, { kid: 'other' }],
    ['no kid', 'token-signature-invalid', {}, { kid: undefined }],
    ['no end', 'token-invalid', { exp: undefined }],
    ['no client', 'token-invalid', { client_id: undefined }],
    ['no credential', 'token-invalid', { credential: undefined }],
    ['a credential of no text', 'token-invalid', { credential: 17 }],
    ['no realm', 'token-invalid', { realm: undefined }],
    ['made tomorrow', 'token-not-yet-valid', { iat: now + 86_400, exp: now + 86_500 }],
    ['ended', 'token-expired', { exp: now }],
    ['another subject', 'token-subject-wrong', { sub: another }],
    ['an unknown credential', 'credential-not-registered', { credential: 'unknown' }],
    ["another client's credential", 'credential-not-registered', { credential: 'foreign' }],
    ['another realm', 'token-realm-mismatch', { realm: client }],
  ];
  for (const [name, code, claims, header] of cases) {
    const jwt = await issued({ ...claims }, { ...header });
    await refusedWith(verifier, jwt, code, name);
  }
});

test('refuses what an organization signed otherwise, or for others', async () => {
  const { verifier, selfSigned, now } = parts();
  const cases: [name: string, code: ErrorCode, claims?: object, header?: object][] = [
    ['an assertion', 'token-kind-not-allowed', {}, { typ: 'JWT' }],
    ['for the token endpoint', 'token-audience-wrong', { aud: issuer }],
    ['no GUID', 'token-issuer-unknown', { iss: 'fabrikam.com', sub: 'fabrikam.com' }],
    ['thumbprints that differ', 'token-signature-invalid', {}, { 'x5t#S256': 'ec-kid' }],
    ['an unknown kid', 'credential-not-registered', {}, { kid: 'unknown' }],
    ["another organization's kid", 'credential-not-registered', {}, { kid: 'foreign' }],
    ["another organization's name", 'credential-not-registered', { iss: another, sub: another }],
    ['another key of the same client', 'token-signature-invalid', {}, { kid: 'ec-kid' }],
    ['no jti', 'token-invalid', { jti: undefined }],
    ['no iat', 'token-invalid', { iat: undefined }],
    ['made in a minute', 'token-not-yet-valid', { iat: now + 60 }],
    ['not before a minute', 'token-not-yet-valid', { nbf: now + 60 }],
    ['milliseconds', 'token-not-yet-valid', { iat: now * 1000, exp: now * 1000 + 600 }],
    ['an end in milliseconds', 'token-lifetime-too-long', { exp: now * 1000 }],
    ['valid for 601 s', 'token-lifetime-too-long', { exp: now + 601 }],
    ['ended a minute ago', 'token-expired', { iat: now - 120, exp: now - 60 }],
    ['another subject', 'token-subject-wrong', { sub: another }],
    ['another client', 'token-subject-wrong', { client_id: another }],
    ['another realm', 'token-realm-mismatch', { realm: client }],
  ];
  for (const [name, code, claims, header] of cases) {
    await refusedWith(verifier, await selfSigned({ ...claims }, { ...header }), code, name);
  }
  assert.ok(await verifier.identify(`Bearer ${await selfSigned({ iat: now - 10, exp: now + 590 })}`));
  assert.ok(
    await verifier.identify(`Bearer ${await selfSigned({ iat: now - 300, exp: now - 29 })}`),
    'a slow clock',
  );
});

test('of several faults the first in the order of the checks is told', async () => {
  const { verifier, issued, change, now } = parts();
  await change('rsa-kid', { organizationActive: false, revokedAt: 1 });
  const faults: [ErrorCode, { claims?: object; header?: object }][] = [
    ['token-kind-not-allowed', { header: { typ: 'JWT' } }],
    ['token-audience-wrong', { claims: { aud: 'x' } }],
    ['token-issuer-unknown', { claims: { iss: 'x' } }],
    ['token-signature-invalid', { header: { kid: 'x' } }],
    ['token-expired', { claims: { exp: now - 60 } }],
    ['token-subject-wrong', { claims: { sub: another } }],
    ['token-realm-mismatch', { claims: { realm: another } }],
    ['organization-inactive', {}],
  ];
  for (const [index, [code]] of faults.entries()) {
    const rest = faults.slice(index).map(([, fault]) => fault);
    const claims = Object.assign({}, ...rest.map(fault => fault.claims ?? {}));
    const header = Object.assign({}, ...rest.map(fault => fault.header ?? {}));
    await refusedWith(verifier, await issued(claims, header), code);
  }
  await change('rsa-kid', { organizationActive: true });
  await refusedWith(verifier, await issued(), 'credential-revoked');
});

test('what is no JWT, unsigned, symmetric or tampered with is refused', async () => {
  const { verifier, issued } = parts();
  const [header = '', payload = '', signature = ''] = (await issued()).split('.');
  const withHeader = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  await refusedWith(verifier, 'garbage', 'token-unreadable');
  await refusedWith(verifier, 'a.b.c', 'token-unreadable');
  for (const alg of ['none', 'HS256']) {
    const other = withHeader({ alg, typ: 'at+jwt', kid: 'key' });
    await refusedWith(verifier, `${other}.${payload}.${signature}`, 'token-kind-not-allowed', alg);
  }
  const cut = `${header}.${payload}.${signature.slice(0, -8)}`;
  await refusedWith(verifier, cut, 'token-signature-invalid');
  const critical = withHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key', crit: ['b64'], b64: false });
  await refusedWith(verifier, `${critical}.${payload}.${signature}`, 'token-signature-invalid', 'crit');
});

test('a token ends when it says, verified before or not', async () => {
  const { clock, verifier, issued } = parts();
  const known = await issued();
  await verifier.identify(`Bearer ${known}`);
  await clock.advance(600_000);
  await refusedWith(verifier, known, 'token-expired', 'known');
  await refusedWith(verifier, await issued({ jti: 'another' }), 'token-expired', 'unknown');
});

test('what an administrator changes counts for tokens that were verified before', async () => {
  const { verifier, issued, selfSigned, change } = parts();
  const [relays, own] = [await issued(), await selfSigned()];
  for (const jwt of [relays, own]) await verifier.identify(`Bearer ${jwt}`);
  await change('rsa-kid', { directTrust: false });
  await refusedWith(verifier, own, 'direct-trust-not-allowed');
  await verifier.identify(`Bearer ${relays}`);
  await change('rsa-kid', { directTrust: true });
  await verifier.identify(`Bearer ${own}`);
  await change('rsa-kid', { revokedAt: 1 });
  for (const jwt of [relays, own]) await refusedWith(verifier, jwt, 'credential-revoked');
  await change('rsa-kid', { organizationActive: false });
  for (const jwt of [relays, own]) await refusedWith(verifier, jwt, 'organization-inactive');
});
