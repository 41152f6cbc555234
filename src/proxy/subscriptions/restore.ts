// Undo: brings subscriptions back, one, or all that ended for one reason since a time. What meanwhile was registered
// anew stays as it is: such a subscription, or its icon's target, has a successor.

import type { Transaction } from 'kysely';
import type { CountPolicy } from '../../contract/devices.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { countFor } from './count-policy.ts';
import type { EndReason } from './end-subscriptions.ts';
import { type Cause, recomputeIcons } from './recompute-icons.ts';
import { expiryOf } from './renewal.ts';

export type RestoreRequest = { subscriptionId: string } | { reason: EndReason; since: number };

/** Answers how many came back. */
export async function restore(
  transaction: Transaction<ProxySchema>,
  request: RestoreRequest,
  context: { now: number; lifetimeMs: number; cause: Cause; events: ProxyEvents },
): Promise<number> {
  const ended = await transaction
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .innerJoin('mailbox', 'mailbox.id', 'subscription.mailbox_id')
    .select([
      'subscription.id',
      'subscription.icon_id',
      'subscription.mailbox_id',
      'subscription.policy',
      'icon.app_id',
      'icon.target_id',
      'icon.installation_id',
      'mailbox.unseen',
    ])
    .where('subscription.ended_at', 'is not', null)
    .where(({ and, eb }) =>
      'subscriptionId' in request
        ? eb('subscription.id', '=', request.subscriptionId)
        : and([
            eb('subscription.ended_reason', '=', request.reason),
            eb('subscription.ended_at', '>=', request.since),
          ]),
    )
    .execute();
  const causes = new Map<string, Cause>();
  let restored = 0;
  for (const row of ended) {
    const successor = await transaction
      .selectFrom('icon')
      .leftJoin('subscription', join =>
        join
          .onRef('subscription.icon_id', '=', 'icon.id')
          .on('subscription.mailbox_id', '=', row.mailbox_id)
          .on('subscription.ended_at', 'is', null),
      )
      .select(['icon.id', 'subscription.id as subscription_id'])
      .where('icon.app_id', '=', row.app_id)
      .where('icon.target_id', '=', row.target_id)
      .where('icon.ended_at', 'is', null)
      .executeTakeFirst();
    if (successor !== undefined && (successor.id !== row.icon_id || successor.subscription_id !== null))
      continue;
    await transaction
      .updateTable('icon')
      .set({ ended_at: null, ended_reason: null, closing_at: null, paused_at: null, paused_reason: null })
      .set({ shown: null, retry_at: 0, deferrals: 0 })
      .where('id', '=', row.icon_id)
      .execute();
    const { mailbox_id: mailboxId, installation_id: installationId } = row;
    // One that counts from its last view waits for the next look.
    const told = countFor(row.policy as CountPolicy, { unseen: row.unseen, view: undefined }, null);
    await transaction
      .updateTable('subscription')
      .set({
        ended_at: null,
        ended_reason: null,
        renewed_at: context.now,
        expires_at: await expiryOf(transaction, { mailboxId, installationId }, context),
        count: told?.count ?? null,
      })
      .where('id', '=', row.id)
      .execute();
    causes.set(row.icon_id, context.cause);
    restored += 1;
  }
  await recomputeIcons(transaction, causes, context);
  return restored;
}
