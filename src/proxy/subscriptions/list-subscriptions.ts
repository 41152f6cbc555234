import type { Kysely } from 'kysely';
import type { CountPolicy, Subscription } from '../../contract/devices.ts';
import type { ProxySchema } from '../database/schema.ts';

/** A subscription with the device that it belongs to. */
export type ListedSubscription = Subscription & { installationId: string };

/** Every selection is by one of these; newest first. */
export async function listSubscriptions(
  db: Kysely<ProxySchema>,
  by: { id: string } | { mailboxId: string; endedSince: number } | { expiringUntil: number },
): Promise<ListedSubscription[]> {
  const base = db
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .select([
      'subscription.id',
      'subscription.icon_id',
      'subscription.mailbox_id',
      'subscription.policy',
      'subscription.count',
      'subscription.previews',
      'subscription.viewed_at',
      'subscription.created_at',
      'subscription.expires_at',
      'subscription.ended_at',
      'subscription.ended_reason',
      'icon.app_id',
      'icon.installation_id',
    ])
    .orderBy('subscription.created_at', 'desc');
  const selected =
    'id' in by
      ? base.where('subscription.id', '=', by.id)
      : 'mailboxId' in by
        ? base
            .where('subscription.mailbox_id', '=', by.mailboxId)
            .where(({ or, eb }) =>
              or([eb('subscription.ended_at', 'is', null), eb('subscription.ended_at', '>=', by.endedSince)]),
            )
        : base
            .where('subscription.ended_at', 'is', null)
            .where('subscription.expires_at', '<=', by.expiringUntil);
  const rows = await selected.execute();
  return rows.map(row => ({
    id: row.id,
    iconId: row.icon_id,
    mailbox: row.mailbox_id,
    appId: row.app_id,
    policy: row.policy as CountPolicy,
    previews: row.previews === 1,
    count: row.count,
    createdAt: row.created_at,
    viewedAt: row.viewed_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    endedReason: row.ended_reason,
    installationId: row.installation_id,
  }));
}
