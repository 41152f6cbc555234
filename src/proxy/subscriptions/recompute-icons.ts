// The one place where `wanted` changes: the sum of an icon's live subscriptions' counts, `rev` + 1 at each change.
// An icon without a live subscription wants 0 and is closing: it ends when that 0 is shown, so that no badge stays
// behind on a device that nobody serves any more.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { repeatAfterMs } from '../repetition.ts';

/** The furthest that a badge can count (contract/identifiers.ts, badgeSchema). */
const largestBadge = 2_147_483_647;

/** Why it is computed again: followed through to the provider's answer. */
export type Cause = { traceId: string; observedAt: number };

/** `causes` names the icons; subscriptions must have been written before, in the same transaction. */
export async function recomputeIcons(
  transaction: Transaction<ProxySchema>,
  causes: ReadonlyMap<string, Cause>,
  { now, events }: { now: number; events: ProxyEvents },
): Promise<void> {
  const ids = [...causes.keys()];
  if (ids.length === 0) return;
  const icons = await transaction
    .selectFrom('icon')
    .select(['id', 'wanted', 'rev', 'repeat_at', 'presentation', 'hold_until', 'closing_at'])
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .execute();
  const sums = await transaction
    .selectFrom('subscription')
    .select(({ fn }) => ['icon_id', fn.sum<number | null>('count').as('sum')])
    .where('icon_id', 'in', ids)
    .where('ended_at', 'is', null)
    .groupBy('icon_id')
    .execute();
  const sumOf = new Map(sums.map(row => [row.icon_id, row.sum]));
  for (const icon of icons) {
    const cause = causes.get(icon.id);
    if (cause === undefined) continue;
    const live = sumOf.has(icon.id);
    const sum = live ? (sumOf.get(icon.id) ?? null) : 0;
    const wanted = sum === null ? null : Math.min(Number(sum), largestBadge);
    const closingAt = live ? null : (icon.closing_at ?? now);
    if (wanted !== icon.wanted) {
      await transaction
        .updateTable('icon')
        .set({
          wanted,
          rev: icon.rev + 1,
          fell: (wanted ?? 0) < (icon.wanted ?? 0) ? 1 : 0,
          trace_id: cause.traceId,
          changed_at: cause.observedAt,
          // A waiting change down may have become one up, which goes at once (publisher/coalescing.ts).
          hold_until: icon.presentation === 'notification' ? 0 : icon.hold_until,
          repeat_at: icon.repeat_at === null ? null : now + repeatAfterMs,
          closing_at: closingAt,
        })
        .where('id', '=', icon.id)
        .execute();
      if (wanted !== null)
        events.record({
          kind: 'badge-wanted',
          iconId: icon.id,
          badge: wanted,
          rev: icon.rev + 1,
          traceId: cause.traceId,
        });
    } else if (closingAt !== icon.closing_at) {
      await transaction
        .updateTable('icon')
        .set({ closing_at: closingAt })
        .where('id', '=', icon.id)
        .execute();
    }
  }
  await endSettledIcons(transaction, ids, now);
}

/** Ends those closing icons that show their final badge, never showed one, or are paused and cannot show one. */
export async function endSettledIcons(
  transaction: Transaction<ProxySchema>,
  iconIds: readonly string[],
  now: number,
): Promise<void> {
  if (iconIds.length === 0) return;
  await transaction
    .updateTable('icon')
    .set({ ended_at: now, ended_reason: 'no-subscription' })
    .where('id', 'in', iconIds)
    .where('closing_at', 'is not', null)
    .where('ended_at', 'is', null)
    .where(({ and, or, eb, ref }) =>
      or([
        eb('paused_at', 'is not', null),
        eb('attempt_at', 'is', null),
        and([eb('attempt_id', 'is', null), eb('repeat_at', 'is', null), eb('shown', '=', ref('wanted'))]),
      ]),
    )
    .execute();
}
