// The provider says that the device is gone, later than its registration: the only answer that ends an icon. There is
// no final badge to publish, nobody is left to show it.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { endSubscriptions } from './end-subscriptions.ts';
import type { Cause } from './recompute-icons.ts';
import { mayEnd } from './tripwire.ts';

export async function targetGone(
  transaction: Transaction<ProxySchema>,
  iconId: string,
  { cause, now, events }: { cause: Cause; now: number; events: ProxyEvents },
): Promise<'ended' | 'frozen'> {
  const subscriptions = await transaction
    .selectFrom('subscription')
    .select(['id', 'icon_id'])
    .where('icon_id', '=', iconId)
    .where('ended_at', 'is', null)
    .execute();
  const reason = 'target-gone';
  if (
    subscriptions.length > 0 &&
    !(await mayEnd(transaction, { of: 'icon', reason, ending: 1, now, events }))
  ) {
    return 'frozen';
  }
  await transaction
    .updateTable('icon')
    .set({ ended_at: now, ended_reason: reason })
    .where('id', '=', iconId)
    .where('ended_at', 'is', null)
    .execute();
  await endSubscriptions(transaction, subscriptions, { reason, cause, now, events });
  return 'ended';
}
