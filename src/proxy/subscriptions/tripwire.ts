// Endings freeze by themselves when too many come at once (ARCHITECTURE.md): a wrong key, a broken user database or a
// provider's mistake looks like everybody leaving on the same day. The freeze lasts until an operator lifts it.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { EndReason } from './end-subscriptions.ts';

export const tripwire = { windowMs: 10 * 60_000, share: 0.05, atLeast: 20 } as const;

/** More than 20 and more than 5 % of all that lived. */
export function trips({ ended, live }: { ended: number; live: number }): boolean {
  return ended > tripwire.atLeast && ended > tripwire.share * (ended + live);
}

/** Whether `ending` more may end now; sets the freeze when they are too many. */
export async function mayEnd(
  transaction: Transaction<ProxySchema>,
  {
    of,
    reason,
    ending,
    now,
    events,
  }: { of: 'icon' | 'mailbox'; reason: EndReason; ending: number; now: number; events: ProxyEvents },
): Promise<boolean> {
  const { endings_frozen_at } = await transaction
    .selectFrom('proxy_state')
    .select('endings_frozen_at')
    .executeTakeFirstOrThrow();
  if (endings_frozen_at !== null) return false;
  const column = of === 'icon' ? 'icon_id' : 'mailbox_id';
  const count = async (live: boolean): Promise<number> => {
    const counted = transaction
      .selectFrom('subscription')
      .select(({ fn }) => fn.count<number>(column).distinct().as('count'));
    const { count } = await (live
      ? counted.where('ended_at', 'is', null)
      : counted.where('ended_at', '>', now - tripwire.windowMs).where('ended_reason', '=', reason)
    ).executeTakeFirstOrThrow();
    return Number(count);
  };
  const ended = (await count(false)) + ending;
  if (ended <= tripwire.atLeast) return true; // without counting all that live
  const live = Math.max(0, (await count(true)) - ending);
  if (!trips({ ended, live })) return true;
  await transaction.updateTable('proxy_state').set({ endings_frozen_at: now }).execute();
  events.record({ kind: 'endings-frozen', of, reported: ended, live });
  return false;
}
