import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOfCode, kindOfReason } from './problem-kind.ts';

test('every code and every reason has a kind, also one that only a newer server knows', () => {
  assert.equal(kindOfCode('sign-in-refused'), 'wrong-password');
  assert.equal(kindOfCode('permission-denied'), 'blocked');
  assert.equal(kindOfCode('brand-new'), 'server');
  assert.equal(kindOfCode('constructor'), 'server');
  assert.equal(kindOfReason('target-gone'), 'register-again');
  assert.equal(kindOfReason('relay-not-connected'), 'not-connected');
  assert.equal(kindOfReason('brand-new'), 'relay');
});
