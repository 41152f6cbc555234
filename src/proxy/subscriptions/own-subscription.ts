// A live subscription, as the device that has it may speak of it; another's does not exist for it.

import type { Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';

export type OwnSubscription = { subscriptionId: string; mailboxId: string; installationId: string };

/** Throws `subscription-not-found`. */
export async function ownSubscription(
  transaction: Transaction<ProxySchema>,
  { subscriptionId, mailboxId, installationId }: OwnSubscription,
) {
  const subscription = await transaction
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .innerJoin('mailbox', 'mailbox.id', 'subscription.mailbox_id')
    .select([
      'subscription.icon_id',
      'subscription.policy',
      'subscription.previews',
      'subscription.count',
      'subscription.viewed_uid_validity',
      'subscription.viewed_uid_next',
      'subscription.viewed_unverified',
      'mailbox.unseen',
    ])
    .where('subscription.id', '=', subscriptionId)
    .where('subscription.mailbox_id', '=', mailboxId)
    .where('subscription.ended_at', 'is', null)
    .where('icon.installation_id', '=', installationId)
    .executeTakeFirst();
  if (subscription !== undefined) return subscription;
  throw new AppError('subscription-not-found', 'this device has no such live subscription', {
    hint: 'subscribe again',
  });
}
