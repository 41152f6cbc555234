// The app was opened: its icon's subscriptions live on. It says what its icon shows; when that is not the wanted
// badge, what we took for shown is not, and it is published again.

import type { Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import { renewIcon } from './renewal.ts';

export type OpenedRequest = {
  iconId: string;
  mailboxId: string;
  installationId: string;
  /** What the icon shows, as far as the app knows. */
  badge?: number | undefined;
};

/** Throws `icon-not-found` unless the icon is this installation's and serves this mailbox. */
export async function opened(
  transaction: Transaction<ProxySchema>,
  { iconId, mailboxId, installationId, badge }: OpenedRequest,
  { now, lifetimeMs }: { now: number; lifetimeMs: number },
): Promise<{ badge: number; rev: number }> {
  const icon = await transaction
    .selectFrom('icon')
    .innerJoin('subscription', 'subscription.icon_id', 'icon.id')
    .select(['icon.wanted', 'icon.rev'])
    .where('icon.id', '=', iconId)
    .where('icon.installation_id', '=', installationId)
    .where('icon.ended_at', 'is', null)
    .where('subscription.mailbox_id', '=', mailboxId)
    .where('subscription.ended_at', 'is', null)
    .executeTakeFirst();
  if (icon === undefined) {
    throw new AppError('icon-not-found', 'this device has no such icon', {
      hint: 'subscribe again: the subscription may have expired',
    });
  }
  await renewIcon(transaction, { iconId, installationId }, { now, lifetimeMs });
  if (badge !== undefined) {
    await transaction
      .updateTable('icon')
      .set({ reported_badge: badge, reported_at: now, ...(badge === icon.wanted ? {} : { shown: null }) })
      .where('id', '=', iconId)
      .execute();
  }
  // Not counted yet: the icon keeps what it shows.
  return { badge: icon.wanted ?? badge ?? 0, rev: icon.rev };
}
