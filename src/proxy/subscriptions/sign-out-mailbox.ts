// What an administrator does for a lost phone whose owner cannot, a changed password, or a person who has left: every
// device of a mailbox is signed out, its badges end, and a password that was kept for watching is forgotten. Who knows
// the mailbox's password may sign in again.

import type { Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { endSubscriptions } from './end-subscriptions.ts';
import type { Cause } from './recompute-icons.ts';

export type SignedOut = { sessions: number; subscriptions: number };

/** Throws `mailbox-unknown`. Subscriptions that ended so cannot be restored: nobody is signed in to them. */
export async function signOutMailbox(
  transaction: Transaction<ProxySchema>,
  mailboxId: string,
  context: { now: number; cause: Cause; events: ProxyEvents },
): Promise<SignedOut> {
  const { numUpdatedRows: known } = await transaction
    .updateTable('mailbox')
    .set({ sealed_password: null })
    .where('id', '=', mailboxId)
    .executeTakeFirst();
  if (known === 0n) {
    throw new AppError('mailbox-unknown', `nobody has signed in to the mailbox ${mailboxId}`, {
      hint: 'list the mailboxes with "mailbadge proxy mailbox list"',
    });
  }
  const { numUpdatedRows: sessions } = await transaction
    .updateTable('session')
    .set({ ended_at: context.now, ended_reason: 'revoked' })
    .where('mailbox_id', '=', mailboxId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', context.now)
    .executeTakeFirst();
  const live = await transaction
    .selectFrom('subscription')
    .select(['id', 'icon_id'])
    .where('mailbox_id', '=', mailboxId)
    .where('ended_at', 'is', null)
    .execute();
  await endSubscriptions(transaction, live, { ...context, reason: 'revoked' });
  return { sessions: Number(sessions), subscriptions: live.length };
}
