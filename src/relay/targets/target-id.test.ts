import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { targetIdSchema } from '../../contract/identifiers.ts';
import type { PushTarget } from '../../contract/push-targets.ts';
import { canonicalTarget, TargetIds } from './target-id.ts';

const keyBytes = Buffer.alloc(32, 7);
const ids = new TargetIds({ key: createSecretKey(keyBytes) });
const target: PushTarget = { provider: 'apns', environment: 'production', token: 'ab'.repeat(32) };

test('a target id is the HMAC of every part after its length', () => {
  const part = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
  const expected = createHmac('sha256', keyBytes)
    .update(Buffer.concat(['target-id', 'org', 'app', 'apns', 'production', target.token].map(part)))
    .digest('base64url');
  assert.equal(ids.of('org', 'app', target), expected);
  assert.equal(targetIdSchema.safeParse(expected).success, true);
});

test('it differs by organization, app and target, and boundaries cannot be shifted', () => {
  const all = [
    ids.of('org', 'app', target),
    ids.of('or', 'gapp', target),
    ids.of('org2', 'app', target),
    ids.of('org', 'app', { ...target, environment: 'sandbox' }),
    ids.of('org', 'app', { provider: 'webpush', endpoint: 'https://push.example/1' }),
    ids.limitKey(target).toString('base64url'),
  ];
  assert.equal(new Set(all).size, all.length);
});

test('an endpoint has one spelling, and no credentials', () => {
  const canonical = (endpoint: string) => canonicalTarget({ provider: 'webpush', endpoint });
  assert.deepEqual(canonical('https://PUSH.example:443/a b#x'), {
    provider: 'webpush',
    endpoint: 'https://push.example/a%20b',
  });
  assert.equal(canonical('https://user:pass@push.example/'), undefined);
  assert.equal(canonical(`https://push.example/${'ü'.repeat(400)}`), undefined, 'too long once encoded');
  assert.equal(canonical('https://push.example/?a=\\'), undefined);
});
