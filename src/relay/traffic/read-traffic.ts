// Traffic as a chart wants it: one series per outcome over equal spans of time, few enough to draw.

import { type Kysely, sql } from 'kysely';
import type { Traffic } from '../../contract/console/relay-console.ts';
import type { RelaySchema } from '../database/schema.ts';
import { everyOrganization, bucketMs as storedBucketMs } from './traffic-counter.ts';

const hourMs = 3_600_000;
const mostPoints = 300;
/** Multiples of what is stored, at which people like to look. */
const widths = [1, 2, 3, 6, 12, 24, 36].map(buckets => buckets * storedBucketMs);

/** Of all organizations unless one is named. */
export async function readTraffic(
  db: Kysely<RelaySchema>,
  { organizationId = everyOrganization, hours, now }: { organizationId?: string; hours: number; now: number },
): Promise<Traffic> {
  const spanMs = hours * hourMs;
  const bucketMs = widths.find(width => spanMs / width <= mostPoints) ?? storedBucketMs;
  const points = Math.ceil(spanMs / bucketMs);
  const last = Math.floor(now / bucketMs);
  const first = last - points + 1;
  const rows = await db
    .selectFrom('traffic')
    .select(({ fn }) => [
      // Numbers come to SQLite as floats; the cast makes the quotient whole.
      sql<number>`CAST((bucket_at / ${bucketMs}) AS INTEGER)`.as('point'),
      'outcome',
      fn.sum<number>('notifications').as('notifications'),
    ])
    .where('organization_id', '=', organizationId)
    .where('bucket_at', '>=', first * bucketMs)
    .where('bucket_at', '<', (last + 1) * bucketMs)
    .groupBy(['point', 'outcome'])
    .execute();
  const series = new Map<string, number[]>();
  for (const { point, outcome, notifications } of rows) {
    const counts = series.get(outcome) ?? Array.from({ length: points }, () => 0);
    counts[point - first] = Number(notifications);
    series.set(outcome, counts);
  }
  return {
    from: first * bucketMs,
    to: now,
    bucketMs,
    series: [...series]
      .map(([outcome, counts]) => ({ outcome, total: counts.reduce((sum, each) => sum + each, 0), counts }))
      .sort(
        (a, b) => Number(b.outcome === 'accepted') - Number(a.outcome === 'accepted') || b.total - a.total,
      ),
  };
}
