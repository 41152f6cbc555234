// When a change may go out. A bucket per icon lets five pushes through at once and one more every two seconds; while
// it is empty only the newest value waits, and it always arrives. Where the platform shows each push as a notification,
// a change up goes at once and changes down are gathered to one a minute: nobody waits for those.
// GCRA (ITU-T I.371): one number per icon, the theoretical arrival time, is the whole bucket.

import type { IconTable } from '../database/schema.ts';

export const bucket = { size: 5, refillMs: 2000 } as const;
export const downsEveryMs = 60_000;

type Paced = Pick<
  IconTable,
  'presentation' | 'wanted' | 'fell' | 'bucket_at' | 'attempt_at' | 'attempt_badge'
>;

/** Not before this time; it is now or past when the change may go. */
export function releaseAt(icon: Paced, now: number): number {
  const byBucket = arrivalTime(icon, now) - (bucket.size - 1) * bucket.refillMs;
  // Smaller than what was pushed, and no new message since: after a waiting change down, one up goes at once.
  const isDown = icon.fell === 1 && icon.attempt_badge !== null && (icon.wanted ?? 0) < icon.attempt_badge;
  if (icon.presentation !== 'notification' || !isDown) return byBucket;
  return Math.max(byBucket, Math.min(icon.attempt_at ?? 0, now) + downsEveryMs);
}

/** The bucket after one push. */
export function takeFromBucket(icon: Paced, now: number): number {
  return Math.max(now, arrivalTime(icon, now)) + bucket.refillMs;
}

/** Never further ahead than an empty bucket is: the host's clock may have been set back. */
function arrivalTime({ bucket_at }: Paced, now: number): number {
  return Math.min(bucket_at, now + bucket.size * bucket.refillMs);
}
