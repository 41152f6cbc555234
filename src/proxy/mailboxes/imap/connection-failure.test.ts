import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConnectionError } from './connection-failure.ts';

const failure = (fields: Record<string, unknown>) =>
  describeConnectionError(Object.assign(new Error('it failed'), fields));

test('only a refused credential is refused', () => {
  assert.equal(failure({ authenticationFailed: true }).outcome, 'refused');
  assert.equal(
    failure({ authenticationFailed: true, serverResponseCode: 'AUTHENTICATIONFAILED' }).outcome,
    'refused',
  );
  // RFC 5530 §3: the server cannot check now
  assert.equal(
    failure({ authenticationFailed: true, serverResponseCode: 'UNAVAILABLE' }).outcome,
    'unreachable',
  );
  assert.equal(failure({ code: 'ECONNREFUSED' }).outcome, 'unreachable');
});

test('each detail names the cause, and keeps the code', () => {
  assert.match(failure({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }).detail, /not trusted.*ca_file.*DEPTH_ZERO/);
  assert.match(failure({ code: 'CERT_HAS_EXPIRED' }).detail, /expired/);
  assert.match(failure({ code: 'ENOTFOUND' }).detail, /DNS/);
  assert.equal(failure({ code: 'EWEIRD' }).detail, 'it failed (EWEIRD)');
  assert.equal(failure({}).detail, 'it failed');
  assert.equal(describeConnectionError('text').detail, 'text');
});
