// Subscriptions for the console, by id, a page at a time.

import type { ExpressionBuilder, Kysely } from 'kysely';
import type { SubscriptionList } from '../../../contract/console/proxy-console.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { contains } from './like.ts';
import { deviceName } from './list-icons.ts';
import { type Page, pageSize } from './page.ts';

export type ListedSubscriptionState = 'live' | 'expiring' | 'ended';

export const expiringSoonMs = 3 * 86_400_000;

export async function listSubscriptions(
  db: Kysely<ProxySchema>,
  { search, state, after, now }: Page & { state?: ListedSubscriptionState | undefined; now: number },
): Promise<SubscriptionList> {
  let query = db
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .selectAll('subscription')
    .select(['icon.app_id', eb => deviceName(eb), eb => hasSuccessor(eb).as('has_successor')])
    .orderBy('subscription.id')
    .limit(pageSize + 1);
  if (after !== undefined) query = query.where('subscription.id', '>', after);
  if (state !== undefined) {
    query = query.where('subscription.ended_at', state === 'ended' ? 'is not' : 'is', null);
  }
  if (state === 'expiring') query = query.where('subscription.expires_at', '<=', now + expiringSoonMs);
  if (search !== undefined) {
    query = query.where(({ or }) =>
      or([
        contains('subscription.mailbox_id', search),
        contains('icon.app_id', search),
        contains('icon.id', search),
      ]),
    );
  }
  const rows = await query.execute();
  return {
    subscriptions: rows.slice(0, pageSize).map(row => ({
      id: row.id,
      iconId: row.icon_id,
      mailbox: row.mailbox_id,
      appId: row.app_id,
      deviceName: row.device_name,
      policy: row.policy,
      count: row.count,
      createdAt: row.created_at,
      renewedAt: row.renewed_at,
      expiresAt: row.expires_at,
      endedAt: row.ended_at,
      endedReason: row.ended_reason,
      restorable: row.ended_at !== null && !row.has_successor,
    })),
    more: rows.length > pageSize,
  };
}

/** Registered anew since it ended: as `restore` judges. */
export function hasSuccessor({
  exists,
  selectFrom,
}: ExpressionBuilder<ProxySchema, 'subscription' | 'icon'>) {
  return exists(
    selectFrom('icon as other')
      .leftJoin('subscription as theirs', join =>
        join
          .onRef('theirs.icon_id', '=', 'other.id')
          .onRef('theirs.mailbox_id', '=', 'subscription.mailbox_id')
          .on('theirs.ended_at', 'is', null),
      )
      .select('other.id')
      .whereRef('other.app_id', '=', 'icon.app_id')
      .whereRef('other.target_id', '=', 'icon.target_id')
      .where('other.ended_at', 'is', null)
      .where(({ or, eb, ref }) =>
        or([eb('other.id', '<>', ref('icon.id')), eb('theirs.id', 'is not', null)]),
      ),
  );
}
