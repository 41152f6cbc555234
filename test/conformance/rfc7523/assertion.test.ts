// RFC 7523 §3, and what Google's "Using OAuth 2.0 for Server to Server Applications" asks of an assertion: the relay's own,
// its signature checked by OpenSSL's command, so that no code of ours and no library of its judges itself.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseServiceAccount } from '../../../src/relay/providers/fcm/service-account.ts';
import { signAssertion } from '../../../src/relay/providers/fcm/token-request.ts';
import { createServiceAccountKey } from '../../../src/simulators/fcm/service-account-key.ts';

const now = Date.UTC(2026, 5, 1, 12, 0, 0, 999);
const tokenUrl = 'https://oauth2.googleapis.com/token';
const keyFile = createServiceAccountKey({ projectId: 'fabrikam', tokenUrl });

async function sign() {
  const assertion = await signAssertion(
    parseServiceAccount(JSON.stringify(keyFile), { source: 'the key file' }),
    now,
  );
  const [header = '', claims = '', signature = '', ...more] = assertion.split('.');
  assert.deepEqual(more, []);
  return { header, claims, signature };
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}

test('header and claims are what Google documents, and nothing besides', async () => {
  const { header, claims } = await sign();
  assert.deepEqual(decode(header), { alg: 'RS256', typ: 'JWT', kid: keyFile.private_key_id });
  const iat = Math.floor(now / 1000);
  assert.deepEqual(decode(claims), {
    iss: keyFile.client_email,
    scope: 'https://www.googleapis.com/auth/firebase.messaging',
    aud: tokenUrl,
    iat,
    exp: iat + 3600,
  });
});

test('OpenSSL verifies the signature, and no other text’s', async t => {
  if (spawnSync('openssl', ['version']).status !== 0) {
    t.skip('openssl is not installed: apt install openssl');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mailbadge-assertion-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { header, claims, signature } = await sign();
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const publicKey = createPublicKey(keyFile.private_key).export({ type: 'spki', format: 'pem' });
  const key = file('public.pem', publicKey);
  const signatureFile = file('signature', Buffer.from(signature, 'base64url'));
  const verify = (text: string): string =>
    execFileSync(
      'openssl',
      ['dgst', '-sha256', '-verify', key, '-signature', signatureFile, file('signed', text)],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  assert.equal(verify(`${header}.${claims}`), 'Verified OK\n');
  assert.throws(() => verify(`${header}.${claims}x`));
});
