import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

test('Retry-After: seconds', () => {
  assert.equal(parseRetryAfter('120', now), 120_000);
  assert.equal(parseRetryAfter(' 0 ', now), 0);
  assert.equal(parseRetryAfter(['7', '9'], now), 7000);
});

test('Retry-After: an HTTP date, never negative', () => {
  assert.equal(parseRetryAfter('Sat, 21 Nov 2026 12:00:30 GMT', now), 30_000);
  assert.equal(parseRetryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now), 0);
});

test('Retry-After: at most an hour', () => {
  assert.equal(parseRetryAfter('999999999999999999999', now), 3_600_000);
});

test('Retry-After: missing or malformed is no delay', () => {
  for (const header of [undefined, '', 'soon', '-5', '1.5 s']) {
    assert.equal(parseRetryAfter(header, now), undefined, String(header));
  }
});
