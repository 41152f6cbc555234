// How long a subscription lives: one lifetime from its last sign of life, and never beyond the session of the device
// that has it, so that nobody gets a badge of a mailbox whose credential they have not proven for 90 days.

import type { Transaction } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';

type Lifetime = { now: number; lifetimeMs: number };

/** When what lives from now on ends. Without a session at all (an operator's undo) it is the lifetime alone. */
export async function expiryOf(
  transaction: Transaction<ProxySchema>,
  { mailboxId, installationId }: { mailboxId: string; installationId: string },
  { now, lifetimeMs }: Lifetime,
): Promise<number> {
  const { ends } = await transaction
    .selectFrom('session')
    .select(({ fn }) => fn.max('expires_at').as('ends'))
    .where('mailbox_id', '=', mailboxId)
    .where('installation_id', '=', installationId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Math.min(now + lifetimeMs, ends ?? Number.POSITIVE_INFINITY);
}

/** Each of the icon's subscriptions only up to its own mailbox's session: opening one mailbox proves no other. */
export async function renewIcon(
  transaction: Transaction<ProxySchema>,
  { iconId, installationId }: { iconId: string; installationId: string },
  { now, lifetimeMs }: Lifetime,
): Promise<void> {
  const subscriptions = await transaction
    .selectFrom('subscription')
    .select(['id', 'mailbox_id'])
    .where('icon_id', '=', iconId)
    .where('ended_at', 'is', null)
    .execute();
  for (const { id, mailbox_id: mailboxId } of subscriptions) {
    const expiresAt = await expiryOf(transaction, { mailboxId, installationId }, { now, lifetimeMs });
    await transaction
      .updateTable('subscription')
      .set({ renewed_at: now, expires_at: expiresAt })
      .where('id', '=', id)
      .execute();
  }
}
