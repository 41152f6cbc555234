// What the database says that icons show was true when a proxy last ran on it. When that is long ago, the database may
// be a backup, and the badges published since are known to nobody here. So after a gap nothing is believed: every badge
// is published again, once its mailboxes were counted and not before, since a count of that time would be a stale badge.
// What a device saw since carries a `rev` that this database never gave, and devices ignore what is older. A second has
// no thousand changes: `rev` grows by the gap's milliseconds, and is ahead of whatever was given meanwhile.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';

/** Longer than a restart, an upgrade or the reboot of a machine takes. */
export const longGapMs = 10 * 60_000;

/** Before anything is published, and before this process says itself that it runs. */
export async function forgetBadgesAfterGap(
  transaction: Transaction<ProxySchema>,
  { now, events }: { now: number; events: Pick<ProxyEvents, 'record'> },
): Promise<void> {
  const { seen } = await transaction
    .selectFrom('node')
    .select(({ fn }) => fn.max('seen_at').as('seen'))
    .executeTakeFirstOrThrow();
  const gapMs = seen === null ? 0 : Math.abs(now - seen); // a clock that was set back hides how long it was
  if (gapMs < longGapMs) return;
  const { numUpdatedRows: icons } = await transaction
    .updateTable('icon')
    .set(({ eb, ref, val }) => ({
      shown: null,
      rev: eb('rev', '+', gapMs),
      // Nobody counts for an icon without subscriptions: it is owed its 0 at once.
      wanted: eb.case().when('closing_at', 'is', null).then(val(null)).else(ref('wanted')).end(),
    }))
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  events.record({ kind: 'badges-forgotten', icons: Number(icons), gapMs });
}
