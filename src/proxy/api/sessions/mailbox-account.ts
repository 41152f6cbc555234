// The row of a mailbox, made when somebody first signs in to it. Its id is the canonical name; the name that was
// typed stays beside it, since the mail server knows that one. The password is kept, sealed, only for sources that
// watch a mailbox as its own user, and is forgotten where it is not needed any more.

import type { Kysely } from 'kysely';
import { AppError } from '../../../runtime/errors.ts';
import type { Secret, SecretBox } from '../../../runtime/secrets.ts';
import type { ProxySchema } from '../../database/schema.ts';

export async function storeMailboxAccount(
  db: Kysely<ProxySchema>,
  {
    mailboxId,
    signInName,
    sealedPassword,
    now,
  }: { mailboxId: string; signInName: string; sealedPassword: string | null; now: number },
): Promise<void> {
  const credential = { sign_in_name: signInName, sealed_password: sealedPassword };
  await db
    .insertInto('mailbox')
    .values({ id: mailboxId, ...credential, state: 'watched', state_at: now, created_at: now })
    .onConflict(conflict => conflict.column('id').doUpdateSet(credential))
    .execute();
}

/** Of mailboxes that nobody is signed in to and no badge counts: people leave. */
export async function forgetUnusedPasswords(db: Kysely<ProxySchema>, now: number): Promise<void> {
  await db
    .updateTable('mailbox')
    .set({ sealed_password: null })
    .where('sealed_password', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('session')
            .select('token_hash')
            .whereRef('session.mailbox_id', '=', 'mailbox.id')
            .where('session.ended_at', 'is', null)
            .where('session.expires_at', '>', now),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subscription')
            .select('subscription.id')
            .whereRef('subscription.mailbox_id', '=', 'mailbox.id')
            .where('subscription.ended_at', 'is', null),
        ),
      ),
    )
    .execute();
}

export type Credential = { mailboxId: string; signInName: string; password: Secret };

/** What is kept of the mailbox, if its password is another than this one. */
export async function credentialBefore(
  { db, secrets }: { db: Kysely<ProxySchema>; secrets: SecretBox },
  { mailboxId, password }: Credential,
): Promise<Credential | undefined> {
  const kept = await db
    .selectFrom('mailbox')
    .select(['sign_in_name', 'sealed_password'])
    .where('id', '=', mailboxId)
    .executeTakeFirst();
  if (kept === undefined || kept.sealed_password === null) return undefined;
  try {
    const before = secrets.open(passwordPurpose(mailboxId), kept.sealed_password);
    if (before.reveal() === password.reveal()) return undefined;
    return { mailboxId, signInName: kept.sign_in_name, password: before };
  } catch (error) {
    if (error instanceof AppError && error.code === 'sealed-secret-unreadable') return undefined; // as good as none
    throw error;
  }
}

/** What a mailbox's password is sealed for (runtime/secrets.ts): it opens as nothing else, nor for another mailbox. */
export function passwordPurpose(mailboxId: string): string {
  return `mailbox-password:${mailboxId}`;
}
