// R3: what one answer makes of its icon. Accepted: shown := the badge that was sent. Any other certain answer: the
// attempt is over and `shown` stays unknown. An answer that leaves open what the provider did keeps the attempt (R4).
// The icon may have been registered anew since the attempt: then the answer is about a device of the past.

import type { Updateable } from 'kysely';
import type { DeferralReason, NotificationResult } from '../../contract/outcomes.ts';
import { backoffMs, type Random } from '../../runtime/random.ts';
import type { IconTable } from '../database/schema.ts';
import { repeatAfterMs } from '../repetition.ts';
import type { Claim } from './claim.ts';
import { toldBy } from './previews.ts';

/** What no repetition mends by itself (a malformed item, frozen endings) is tried again this much later. */
export const slowRetryMs = 60 * 60_000;
const longestDelayMs = 60 * 60_000;
const backoff = { baseMs: 1000, maxMs: 60_000 } as const;

/** After these the provider may have taken the notification, or still take it until notAfter + 10 s. */
const unknownOutcomes: ReadonlySet<DeferralReason> = new Set(['outcome-unknown', 'relay-error']);

export type Judgement = {
  set: Updateable<IconTable>;
  /** The device is gone: end the icon, unless endings are frozen. */
  gone: boolean;
  /** Nobody can reach the device until it registers again. */
  paused: boolean;
};

type JudgedIcon = Pick<
  IconTable,
  'sealed_target' | 'target_id' | 'p256dh' | 'registered_at' | 'repeated_rev' | 'deferrals'
>;

export function judgeResult(
  { claim, result }: { claim: Claim; result: NotificationResult },
  icon: JudgedIcon,
  { now, random }: { now: number; random: Random },
): Judgement {
  const sameRegistration = icon.sealed_target === claim.sealedTarget;
  const replacement =
    result.outcome !== 'rejected' && result.replacementTarget !== undefined && sameRegistration
      ? { sealed_target: result.replacementTarget }
      : {};
  const over = { attempt_id: null, ...replacement };
  const keep = { gone: false, paused: false };

  if (result.outcome === 'accepted') {
    const sameDevice = icon.target_id === claim.targetId && icon.p256dh === (claim.keys?.p256dh ?? null);
    if (!sameDevice) return { set: over, ...keep };
    const told = toldBy(claim);
    const shown = {
      shown: claim.badge,
      accepted_badge: claim.badge,
      shown_at: now,
      provider_id: result.providerId,
      ...(told && { told_received_at: told.receivedAt, told_uid: told.uid }),
    };
    return {
      set: { ...over, ...shown, retry_at: 0, deferrals: 0, repeat_at: repeatAt(claim, icon, now, random) },
      ...keep,
    };
  }

  const told = { last_outcome: result.reason, last_outcome_at: now };
  if (result.outcome === 'deferred') {
    if (unknownOutcomes.has(result.reason)) return { set: { ...told, ...replacement }, ...keep };
    const retryAt = now + delayMs(result.retryAfterMs, icon.deferrals, random);
    const set = { ...over, ...told, retry_at: retryAt, deferrals: icon.deferrals + 1 };
    return { set, ...keep };
  }

  if (!sameRegistration) return { set: over, ...keep };
  switch (result.reason) {
    case 'target-gone':
      // A time before the registration tells of an earlier life of the target.
      if ((result.goneSince ?? now) >= icon.registered_at)
        return { set: { ...over, ...told }, ...keep, gone: true };
      return pause('target-invalid');
    case 'target-invalid':
    case 'target-not-openable':
    case 'target-revoked':
      return pause(result.reason);
    case 'notification-invalid':
    case 'payload-too-large':
      return { set: { ...over, ...told, retry_at: now + slowRetryMs }, ...keep };
  }

  function pause(reason: string): Judgement {
    return { set: { ...over, ...told, paused_at: now, paused_reason: reason }, gone: false, paused: true };
  }
}

/** None where every push is a visible notification: there the payload's `rev` and the constant Topic must do. */
function repeatAt(
  claim: Claim,
  icon: Pick<IconTable, 'repeated_rev'>,
  now: number,
  random: Random,
): number | null {
  if (claim.presentation === 'notification' || icon.repeated_rev === claim.rev) return null;
  return now + Math.round(repeatAfterMs * (1 + random.fraction() / 5));
}

/** At least what was asked for, with jitter above it, so that those deferred together do not return together. */
function delayMs(asked: number | undefined, deferrals: number, random: Random): number {
  if (asked === undefined) return backoffMs(random, deferrals, backoff);
  const atLeast = Math.min(Math.max(asked, backoff.baseMs), longestDelayMs);
  return Math.round(atLeast * (1 + random.fraction() / 10));
}
