import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRelayMetadata, parseRelayUrl } from './relay-metadata.ts';

const relayUrl = new URL('https://relay.example.com');
const document = {
  issuer: 'https://relay.example.com',
  version: '0.1.0',
  minimumProxyVersion: '0.1.0',
  capabilities: ['publish-ndjson'],
  relayTime: 1_780_000_000_000,
  tokenEndpoint: 'https://relay.example.com/oauth/token',
  publishAudience: 'https://relay.example.com/v1',
  apps: [],
};

function judge(change: Record<string, unknown>) {
  return judgeRelayMetadata(Buffer.from(JSON.stringify({ ...document, ...change })), relayUrl);
}

function failureCode(change: Record<string, unknown>): string | undefined {
  const fetch = judge(change);
  return fetch.kind === 'failed' ? fetch.failure.code : undefined;
}

test('metadata of a newer relay is taken: what is unknown is passed by', () => {
  const fetch = judge({ version: '9.9.9', capabilities: ['publish-ndjson', 'telepathy'], novelty: true });
  assert.equal(fetch.kind, 'fetched');
});

test('a relay that demands a newer proxy is refused with the version', () => {
  const fetch = judge({ minimumProxyVersion: '99.0.0' });
  assert.ok(fetch.kind === 'failed');
  assert.equal(fetch.failure.code, 'proxy-too-old');
  assert.match(fetch.failure.message, /99\.0\.0/);
});

test('an issuer or a token endpoint at another place is not believed', () => {
  assert.equal(failureCode({ issuer: 'https://evil.example.com' }), 'relay-answer-invalid');
  assert.equal(failureCode({ issuer: 'http://relay.example.com' }), 'relay-answer-invalid');
  assert.equal(failureCode({ tokenEndpoint: 'https://evil.example.com/token' }), 'relay-answer-invalid');
});

test('what is no metadata is refused', () => {
  assert.equal(failureCode({ relayTime: 'noon' }), 'relay-answer-invalid');
  for (const body of ['', '<html>', 'null', '[]', '{"issuer":']) {
    assert.equal(judgeRelayMetadata(Buffer.from(body), relayUrl).kind, 'failed');
  }
});

test('the relay is given as an https URL', () => {
  assert.equal(
    parseRelayUrl('https://relay.example.com', { allowHttp: false }).href,
    'https://relay.example.com/',
  );
  for (const text of ['relay.example.com', 'ftp://relay.example.com', 'https://user@relay.example.com', '']) {
    assert.throws(() => parseRelayUrl(text, { allowHttp: true }), { code: 'usage' });
  }
  assert.throws(() => parseRelayUrl('https://relay.example.com/foo', { allowHttp: true }), {
    hint: /give https:\/\/relay\.example\.com$/,
  });
  assert.throws(() => parseRelayUrl('http://relay.example.com', { allowHttp: false }), { code: 'usage' });
  assert.equal(parseRelayUrl('http://127.0.0.1:8080', { allowHttp: true }).port, '8080');
});
