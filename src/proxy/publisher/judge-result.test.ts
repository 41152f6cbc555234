import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deferralReasons,
  type NotificationResult,
  type RejectionReason,
  rejectionReasons,
} from '../../contract/outcomes.ts';
import { seededRandom } from '../../runtime/random.ts';
import type { Claim } from './claim.ts';
import { judgeResult } from './judge-result.ts';

const now = Date.UTC(2026, 0, 1);
const random = seededRandom(1);
const claim: Claim = {
  attemptId: 'a',
  iconId: 'i',
  appId: 'com.fabrikam.mail',
  provider: 'apns',
  sealedTarget: 'sealed-1',
  targetId: 'target-1',
  keys: undefined,
  form: 'worker',
  language: 'en',
  previews: undefined,
  previewKeys: undefined,
  collapseKey: 'c',
  presentation: 'badge',
  badge: 3,
  rev: 7,
  acceptedBadge: null,
  repetition: false,
  traceId: 't',
  changedAt: now,
  expiresAt: now,
};
const icon = {
  sealed_target: 'sealed-1',
  target_id: 'target-1',
  p256dh: null,
  registered_at: now - 1000,
  repeated_rev: null,
  deferrals: 0,
};
type Told = NotificationResult extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

function judge(told: Told, changed: Partial<typeof icon> = {}, claimed: Partial<Claim> = {}) {
  const result = { id: 'a', ...told } as NotificationResult;
  return judgeResult({ claim: { ...claim, ...claimed }, result }, { ...icon, ...changed }, { now, random });
}

test('accepted: shown is the badge that was sent, and its repetition is set once', () => {
  const { set } = judge({ outcome: 'accepted', providerId: 'p' });
  assert.deepEqual([set.attempt_id, set.shown, set.provider_id], [null, 3, 'p']);
  assert.ok((set.repeat_at as number) >= now + 60_000 && (set.repeat_at as number) <= now + 72_000);
  const again = judge({ outcome: 'accepted', providerId: 'p' }, { repeated_rev: 7 as never });
  assert.equal(again.set.repeat_at, null);
  const visible = judge({ outcome: 'accepted', providerId: 'p' }, {}, { presentation: 'notification' });
  assert.equal(visible.set.repeat_at, null);
});

test('accepted by a device that was replaced meanwhile shows nothing on the new one', () => {
  const { set } = judge({ outcome: 'accepted', providerId: 'p' }, { target_id: 'target-2' });
  assert.deepEqual(set, { attempt_id: null });
});

test('a deferral leaves shown unknown; only an outcome that nobody knows keeps the attempt', () => {
  for (const reason of deferralReasons) {
    const { set, gone, paused } = judge({ outcome: 'deferred', reason, retryAfterMs: 5000 });
    const unknown = reason === 'outcome-unknown' || reason === 'relay-error';
    assert.equal('attempt_id' in set, !unknown, reason);
    assert.equal('shown' in set || gone || paused, false, reason);
    if (!unknown) assert.ok((set.retry_at as number) >= now + 5000 && (set.retry_at as number) <= now + 5500);
  }
});

test('a rejection ends or pauses the registration that it is about, and no later one', () => {
  const consequence: Record<RejectionReason, string> = {
    'target-gone': 'gone',
    'target-invalid': 'paused',
    'target-not-openable': 'paused',
    'target-revoked': 'paused',
    'notification-invalid': 'later',
    'payload-too-large': 'later',
  };
  for (const reason of rejectionReasons) {
    const { set, gone, paused } = judge({ outcome: 'rejected', reason });
    assert.equal(gone ? 'gone' : paused ? 'paused' : 'later', consequence[reason], reason);
    assert.equal(paused ? set.paused_reason : undefined, paused ? reason : undefined);
    assert.equal(set.attempt_id, null);
    const anew = judge({ outcome: 'rejected', reason }, { sealed_target: 'sealed-2' });
    assert.deepEqual(anew, { set: { attempt_id: null }, gone: false, paused: false }, reason);
  }
});

test('a replacement is stored in place of what was sent, and of nothing newer', () => {
  const told = { outcome: 'accepted', providerId: 'p', replacementTarget: 'sealed-9' } as const;
  assert.equal(judge(told).set.sealed_target, 'sealed-9');
  assert.equal('sealed_target' in judge(told, { sealed_target: 'sealed-2' }).set, false);
});
