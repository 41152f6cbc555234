// What it costs to know the caller of a batch: this relay's check of an access token, seen for the first time and seen
// before, beside jose's jwtVerify of the very same tokens, one after the other in one process.

import {
  type CryptoKey,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { AccessTokenVerifier } from '../../src/relay/oauth/access-token.ts';
import { CredentialIndex, type Standing } from '../../src/relay/organizations/credential-index.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';

const issuer = 'https://relay.example.com';
const audience = `${issuer}/v1`;
const client = '6f1ed002-ab5c-4b1f-8d5a-3f6a1c0e9b11';
const realm = '0b8f3a52-61d3-4d57-9a53-1f0c8f8f7a10';
const tokensPerRound = 1000;
const knownPerRound = 50_000;

export const verifications = [
  "jose: jwtVerify of the relay's tokens (RS256)",
  'relay: a token for the first time (RS256)',
  'relay: a token seen before',
  'jose: jwtVerify of self-signed tokens (ES256)',
  'relay: a self-signed token for the first time (ES256)',
] as const;
export type Verification = (typeof verifications)[number];

/** Microseconds per check of each, one list entry per round. */
export async function measureVerification(rounds: number): Promise<Record<Verification, number[]>> {
  const own = await generateKeyPair('RS256');
  const organizations = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'key', alg: 'RS256' }] };
  const publicJwk = await exportJWK(organizations.publicKey);
  const issued = await makeTokens(
    own.privateKey,
    { alg: 'RS256', kid: 'key' },
    { iss: issuer, credential: 'kid' },
  );
  const selfSigned = await makeTokens(
    organizations.privateKey,
    { alg: 'ES256', kid: 'kid' },
    { iss: client },
  );
  const localKeys = createLocalJWKSet(jwks);
  const options = { issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] };
  const results = Object.fromEntries(verifications.map(name => [name, []])) as unknown as Record<
    Verification,
    number[]
  >;
  for (let round = 0; round <= rounds; round += 1) {
    const verifier = newVerifier(jwks, publicJwk);
    const check = (token: string) => verifier.identify(`Bearer ${token}`);
    const [known = ''] = issued;
    const figures: Record<Verification, number> = {
      "jose: jwtVerify of the relay's tokens (RS256)": await each(issued, token =>
        jwtVerify(token, localKeys, options),
      ),
      'relay: a token for the first time (RS256)': await each(issued, check),
      'relay: a token seen before': await each(new Array<string>(knownPerRound).fill(known), check),
      'jose: jwtVerify of self-signed tokens (ES256)': await each(selfSigned, token =>
        jwtVerify(token, organizations.publicKey, { ...options, issuer: client, algorithms: ['ES256'] }),
      ),
      'relay: a self-signed token for the first time (ES256)': await each(selfSigned, check),
    };
    if (round === 0) continue; // warms up
    for (const name of verifications) results[name].push(figures[name]);
  }
  return results;
}

function newVerifier(jwks: { keys: JWK[] }, publicJwk: JWK): AccessTokenVerifier {
  const clock = new SystemClock();
  const standing: Standing = {
    organizationId: 'organization',
    domain: 'fabrikam.com',
    realm,
    sealEpoch: 1,
    applicationId: client,
    organizationActive: true,
    directTrust: true,
    startAt: 0,
    endAt: Number.MAX_SAFE_INTEGER,
    revokedAt: null,
    publicJwk,
  };
  const credentials = new CredentialIndex({ clock, find: async () => standing });
  return new AccessTokenVerifier({ issuer, audience, jwks: () => jwks, credentials, clock });
}

async function makeTokens(
  key: CryptoKey,
  header: { alg: string; kid: string },
  claims: Record<string, unknown>,
): Promise<string[]> {
  const now = Math.floor(Date.now() / 1000);
  const tokens: string[] = [];
  for (let count = 0; count < tokensPerRound; count += 1) {
    const jwt = new SignJWT({ aud: audience, sub: client, client_id: client, realm, ...claims })
      .setProtectedHeader({ ...header, typ: 'at+jwt' })
      .setIssuedAt(now)
      .setExpirationTime(now + 600)
      .setJti(systemRandom.uuid());
    tokens.push(await jwt.sign(key));
  }
  return tokens;
}

async function each(tokens: readonly string[], check: (token: string) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (const token of tokens) await check(token);
  return ((performance.now() - start) * 1000) / tokens.length;
}
