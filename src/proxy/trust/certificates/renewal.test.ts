import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveDate, renewalAt, successorLifetimeMs } from './renewal.ts';
import type { Candidate } from './role-rules.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.UTC(2026, 5, 1);
const renewBeforeMs = 60 * dayMs;

function ending(inMs: number, more: Partial<Candidate> = {}): Candidate {
  const notAfter = now + inMs;
  const notBefore = notAfter - 1800 * dayMs - 10 * 60_000;
  return {
    id: 'a',
    thumbprint: 'A',
    notBefore,
    notAfter,
    registeredAt: now,
    credentialEndsAt: null,
    ...more,
  };
}

test('a certificate is renewed 60 days before its end, or before its credential’s', () => {
  assert.equal(renewalAt(ending(60 * dayMs), { renewBeforeMs }), now);
  const credentialEndsAt = now + 60 * dayMs;
  assert.equal(renewalAt(ending(900 * dayMs, { credentialEndsAt }), { renewBeforeMs }), now);
});

test('a short life is renewed in its last third, not for ever', () => {
  const monthly = ending(20 * dayMs, { notBefore: now - 10 * dayMs });
  assert.equal(renewalAt(monthly, { renewBeforeMs }), now + 10 * dayMs);
});

test('the successor signs in 48 hours, or at once when the end is nearer, and never after the end', () => {
  assert.equal(effectiveDate(ending(60 * dayMs), now), now + 48 * hourMs);
  assert.equal(effectiveDate(ending(50 * hourMs), now), now + 48 * hourMs);
  assert.equal(effectiveDate(ending(49 * hourMs), now), now);
  assert.equal(effectiveDate(ending(hourMs), now), now);
});

test('the successor lasts as long, in whole days, within the bounds', () => {
  assert.equal(successorLifetimeMs(ending(0)), 1800 * dayMs);
  assert.equal(successorLifetimeMs(ending(0, { notBefore: now - 20 * 365 * dayMs })), 3650 * dayMs);
  assert.equal(successorLifetimeMs(ending(0, { notBefore: now - hourMs })), dayMs);
});
