import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { importPKCS8, SignJWT } from 'jose';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { seededRandom } from '../../runtime/random.ts';
import { createServiceAccountKey } from './service-account-key.ts';
import { TokenGrants, type TokenRequest } from './token-grants.ts';

const tokenUrl = 'https://localhost:5229/token';
const key = createServiceAccountKey({ projectId: 'fabrikam', tokenUrl });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const clock = new ManualClock();
const nowSeconds = clock.now() / 1000;

type Change = { claims?: Record<string, unknown>; header?: Record<string, unknown>; foreignKey?: boolean };

async function assertion({ claims = {}, header = {}, foreignKey = false }: Change = {}): Promise<string> {
  const signer = foreignKey ? other : await importPKCS8(key.private_key, 'RS256');
  const all = {
    iss: key.client_email,
    aud: tokenUrl,
    scope: 'a b',
    iat: nowSeconds,
    exp: nowSeconds + 3600,
    ...claims,
  };
  return new SignJWT(all)
    .setProtectedHeader({ alg: 'RS256', kid: key.private_key_id, ...header })
    .sign(signer);
}

function open() {
  return new TokenGrants({ key, clock, random: seededRandom(1) });
}

function request(assertion: string, change: Partial<TokenRequest> = {}): TokenRequest {
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const body = new URLSearchParams({ grant_type, assertion }).toString();
  return { method: 'POST', contentType: 'application/x-www-form-urlencoded', body, ...change };
}

test('a token is good for its scopes until it ends, or is revoked', async () => {
  const grants = open();
  const { status, body } = grants.answer(request(await assertion()));
  assert.equal(status, 200);
  assert.equal(body['expires_in'], 3599);
  const token = String(body['access_token']);
  assert.deepEqual(grants.scopesOf(token), ['a', 'b']);
  assert.equal(grants.scopesOf(`${token}x`), undefined);
  grants.revoke();
  assert.equal(grants.scopesOf(token), undefined);
});

const wrong: [string, Change, string][] = [
  ['another key', { foreignKey: true }, 'invalid_grant'],
  ['another key id', { header: { kid: 'x' } }, 'invalid_grant'],
  ['another account', { claims: { iss: 'x@y' } }, 'invalid_grant'],
  ['another audience', { claims: { aud: 'https://example.com/' } }, 'invalid_grant'],
  ['good for too long', { claims: { exp: nowSeconds + 3601 } }, 'invalid_grant'],
  ['over', { claims: { iat: nowSeconds - 4000, exp: nowSeconds - 400 } }, 'invalid_grant'],
  ['of the future', { claims: { iat: nowSeconds + 400, exp: nowSeconds + 500 } }, 'invalid_grant'],
  ['no scope', { claims: { scope: '' } }, 'invalid_scope'],
];
for (const [what, change, error] of wrong) {
  test(`an assertion is refused: ${what}`, async () => {
    const grants = open();
    const { status, body } = grants.answer(request(await assertion(change)));
    assert.deepEqual([status, body['error'], grants.granted], [400, error, 0]);
  });
}

test('anything but the grant is refused', async () => {
  const good = await assertion();
  const refused = (change: Partial<TokenRequest>) => open().answer(request(good, change)).body['error'];
  assert.equal(refused({ method: 'GET' }), 'invalid_request');
  assert.equal(refused({ contentType: 'application/json' }), 'invalid_request');
  assert.equal(refused({ body: `grant_type=password&assertion=${good}` }), 'unsupported_grant_type');
  assert.equal(open().answer(request('a.b.c')).body['error'], 'invalid_grant');
  assert.equal(open().answer(request(`${good}.x`)).body['error'], 'invalid_grant');
});
