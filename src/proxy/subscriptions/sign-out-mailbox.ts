// Signs devices of a mailbox out: their sessions end, and their badges. Either an administrator does it to all of them,
// for a lost phone whose owner cannot, or a person who has left; then a password that was kept for watching is
// forgotten, too. Or the mailbox has a new password, and the device that proved it stays. Who knows the password may
// sign in again.

import type { Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { endSubscriptions } from './end-subscriptions.ts';
import type { Cause } from './recompute-icons.ts';

export type SignedOut = { sessions: number; subscriptions: number };

type Context = { now: number; cause: Cause; events: ProxyEvents };

/** Throws `mailbox-unknown`. Subscriptions that ended so cannot be restored: nobody is signed in to them. */
export async function signOutMailbox(
  transaction: Transaction<ProxySchema>,
  mailboxId: string,
  context: Context,
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
  return signOutDevices(transaction, { mailboxId, reason: 'revoked' }, context);
}

/** `except`: an installation that stays signed in. */
export async function signOutDevices(
  transaction: Transaction<ProxySchema>,
  {
    mailboxId,
    except = '',
    reason,
  }: { mailboxId: string; except?: string; reason: 'revoked' | 'password-changed' },
  context: Context,
): Promise<SignedOut> {
  const { numUpdatedRows: sessions } = await transaction
    .updateTable('session')
    .set({ ended_at: context.now, ended_reason: reason, sealed_token: null })
    .where('mailbox_id', '=', mailboxId)
    .where('installation_id', '!=', except)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', context.now)
    .executeTakeFirst();
  const live = await transaction
    .selectFrom('subscription')
    .innerJoin('icon', 'icon.id', 'subscription.icon_id')
    .select(['subscription.id', 'subscription.icon_id'])
    .where('subscription.mailbox_id', '=', mailboxId)
    .where('icon.installation_id', '!=', except)
    .where('subscription.ended_at', 'is', null)
    .execute();
  await endSubscriptions(transaction, live, { ...context, reason });
  return { sessions: Number(sessions), subscriptions: live.length };
}
