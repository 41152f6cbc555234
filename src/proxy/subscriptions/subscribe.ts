// Creates a subscription, or renews it: the same device registering again changes nothing but the dates.

import type { Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import { opaqueId, type Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { countFor } from './count-policy.ts';
import { placeIcon } from './place-icon.ts';
import { recomputeIcons } from './recompute-icons.ts';
import { expiryOf } from './renewal.ts';
import type { SubscribeRequest } from './subscribe-request.ts';

/** Answers the subscription's id. Throws `subscription-limit`, `mailbox-unknown`. */
export async function subscribe(
  transaction: Transaction<ProxySchema>,
  request: SubscribeRequest,
  {
    now,
    random,
    events,
    lifetimeMs,
    perMailbox,
  }: { now: number; random: Random; events: ProxyEvents; lifetimeMs: number; perMailbox: number },
): Promise<string> {
  const { mailboxId, policy, previews } = request;
  const mailbox = await transaction
    .selectFrom('mailbox')
    .select('unseen')
    .where('id', '=', mailboxId)
    .executeTakeFirst();
  if (mailbox === undefined)
    throw new AppError('mailbox-unknown', `the mailbox ${mailboxId} is not known here`);

  const cause = { traceId: random.bytes(16).toString('hex'), observedAt: now };
  const iconId = await placeIcon(transaction, request, { cause, now, random, events });
  const live = await transaction
    .selectFrom('subscription')
    .select(['id', 'icon_id', 'policy', 'count'])
    .where('mailbox_id', '=', mailboxId)
    .where('ended_at', 'is', null)
    .execute();
  const known = live.find(subscription => subscription.icon_id === iconId);
  if (known === undefined && live.length >= perMailbox) {
    throw new AppError('subscription-limit', `the mailbox has its ${perMailbox} subscriptions already`, {
      hint: 'remove a device that is no longer used',
    });
  }
  // A subscription that counts from its last view keeps its count, or waits for the first look.
  const kept = known?.policy === policy ? known.count : null;
  const counted = countFor(policy, { unseen: mailbox.unseen, view: undefined }, null);
  const row = {
    policy,
    previews: previews ? 1 : 0,
    count: counted?.count ?? kept,
    renewed_at: now,
    expires_at: await expiryOf(transaction, request, { now, lifetimeMs }),
  };
  const id = known?.id ?? opaqueId(random);
  if (known === undefined) {
    await transaction
      .insertInto('subscription')
      .values({ ...row, id, icon_id: iconId, mailbox_id: mailboxId, viewed_unverified: 0, created_at: now })
      .execute();
  } else {
    await transaction.updateTable('subscription').set(row).where('id', '=', id).execute();
  }
  await recomputeIcons(transaction, new Map([[iconId, cause]]), { now, events });
  events.record({ kind: 'subscribed', subscriptionId: id, iconId, mailboxId, renewed: known !== undefined });
  return id;
}
