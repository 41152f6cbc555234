import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRelayConfig } from './config.ts';

test('the issuer is an origin, in its one spelling', () => {
  assert.equal(
    parseRelayConfig({ issuer: 'https://Relay.Example.com:443/' }).issuer,
    'https://relay.example.com',
  );
  const local = { issuer: 'http://127.0.0.1:8444', dangerously_allow_http: true };
  assert.equal(parseRelayConfig(local).issuer, 'http://127.0.0.1:8444');
  for (const issuer of [
    'https://relay.example.com/mail',
    'https://relay.example.com/?a',
    'https://relay.example.com/#a',
    'https://anna@relay.example.com/',
    'ftp://relay.example.com',
    'relay.example.com',
  ]) {
    assert.throws(() => parseRelayConfig({ issuer }), /"issuer" is wrong/, issuer);
  }
});
