import assert from 'node:assert/strict';
import { test } from 'node:test';
import { english } from './messages/en.ts';
import { simplifiedChinese } from './messages/zh-hans.ts';
import { traditionalChinese } from './messages/zh-hant.ts';
import { isLimit, kindOfCode, kindOfReason } from './problem-kind.ts';

test('every code and every reason has a kind, also one that only a newer server knows', () => {
  assert.equal(kindOfCode('sign-in-refused'), 'wrong-password');
  assert.equal(kindOfCode('permission-denied'), 'blocked');
  assert.equal(kindOfCode('brand-new'), 'server');
  assert.equal(kindOfCode('constructor'), 'server');
  assert.equal(kindOfReason('target-gone'), 'register-again');
  assert.equal(kindOfReason('relay-not-connected'), 'not-connected');
  assert.equal(kindOfReason('brand-new'), 'relay');
});

test('each limit that a person can meet has words of its own, in each language', () => {
  const limits = {
    'sign-in-throttled': 'throttled', // wrong passwords
    'too-many-requests': 'too-many-requests', // registrations of an organization and of a push target, calls of a mailbox's devices
    'ticket-expired': 'register-again',
    'ticket-used': 'register-again',
    'challenge-expired': 'code-lost',
    'challenge-invalid': 'code-lost', // also after five tries
    'subscription-limit': 'too-many-devices', // devices of a mailbox
    'subscription-not-found': 'gone', // ended
    'session-invalid': 'session-ended', // after 90 days
  } as const;
  for (const [code, kind] of Object.entries(limits)) {
    assert.equal(kindOfCode(code), kind);
    const told = [english, simplifiedChinese, traditionalChinese].map(({ problems }) => problems[kind]);
    assert.equal(new Set(told.map(({ title, text }) => `${title} ${text}`)).size, 3, code);
  }
  for (const reason of ['device-throttled', 'organization-throttled', 'provider-throttled'])
    assert.equal(kindOfReason(reason), 'too-often');
  assert.deepEqual(
    ['sign-in-throttled', 'too-many-requests', 'subscription-limit'].map(code => isLimit(kindOfCode(code))),
    [true, true, false],
  );
});
