// The people who may sign in to the relay's console: operators, who see the whole relay, and administrators, who see
// one organization. An account is never deleted, only disabled: the audit log names it. Whatever takes rights away
// ends the account's sessions in the same transaction.

import type { Kysely } from 'kysely';
import { emailSchema } from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import { opaqueId, type Random } from '../../runtime/random.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type Actor, type AuditAction, recordAudit } from './audit-log.ts';

export type AdministratorRole = 'operator' | 'administrator';

export type Administrator = {
  id: string;
  email: string;
  role: AdministratorRole;
  organizationId: string | null;
  /** Its domain. */
  organization: string | null;
  /** False while the organization is deactivated: such an administrator sees why, and changes nothing. */
  organizationActive: boolean;
  /** Whether a one-time code is asked for at sign-in. */
  totp: boolean;
  createdAt: number;
  passwordChangedAt: number;
  lastSignInAt: number | null;
  disabledAt: number | null;
};

export type Act = { now: number; actor: Actor };

/** Throws `administrator-exists`. The caller has made sure that the organization exists. */
export async function addAdministrator(
  db: Kysely<RelaySchema>,
  { email: typed, role, organizationId, passwordHash }: NewAdministrator,
  { now, actor, random }: Act & { random: Random },
): Promise<Administrator> {
  const email = parseEmail(typed);
  const id = opaqueId(random);
  return inTransaction(db, async transaction => {
    const inserted = await transaction
      .insertInto('administrator')
      .values({
        id,
        email,
        role,
        organization_id: organizationId,
        password_hash: passwordHash,
        created_at: now,
        password_changed_at: now,
      })
      .onConflict(conflict => conflict.column('email').doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      throw new AppError('administrator-exists', `there is an account ${email} at this relay already`, {
        hint: 'one e-mail address has one account: take another address',
      });
    }
    await recordAudit(transaction, {
      ...actor,
      at: now,
      organizationId,
      action: 'administrator.add',
      subject: email,
      detail: { role },
    });
    return required(await administratorById(transaction, id), email);
  });
}

export type NewAdministrator = {
  email: string;
  role: AdministratorRole;
  /** Null for an operator, and for nobody else. */
  organizationId: string | null;
  passwordHash: string;
};

export async function listAdministrators(
  db: Kysely<RelaySchema>,
  { organizationId }: { organizationId?: string } = {},
): Promise<Administrator[]> {
  let query = selectAdministrator(db).orderBy('administrator.email');
  if (organizationId !== undefined) {
    query = query.where('administrator.organization_id', '=', organizationId);
  }
  return (await query.execute()).map(toAdministrator);
}

export async function administratorById(
  db: Kysely<RelaySchema>,
  id: string,
): Promise<Administrator | undefined> {
  const row = await selectAdministrator(db).where('administrator.id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toAdministrator(row);
}

/** Throws `administrator-not-found`. */
export async function administratorByEmail(db: Kysely<RelaySchema>, typed: string): Promise<Administrator> {
  const email = parseEmail(typed);
  const row = await selectAdministrator(db).where('administrator.email', '=', email).executeTakeFirst();
  return required(row === undefined ? undefined : toAdministrator(row), email);
}

/** Signs the account out everywhere and lets it in no more. Running it again changes nothing. */
export async function disableAdministrator(
  db: Kysely<RelaySchema>,
  { id }: { id: string },
  { now, actor }: Act,
): Promise<Administrator> {
  return changed(db, id, { now, actor, action: 'administrator.disable' }, async transaction => {
    const result = await transaction
      .updateTable('administrator')
      .set({ disabled_at: now })
      .where('id', '=', id)
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    await endSessionsOf(transaction, id);
    return result.numUpdatedRows === 1n;
  });
}

export async function enableAdministrator(
  db: Kysely<RelaySchema>,
  { id }: { id: string },
  { now, actor }: Act,
): Promise<Administrator> {
  return changed(db, id, { now, actor, action: 'administrator.enable' }, async transaction => {
    const result = await transaction
      .updateTable('administrator')
      .set({ disabled_at: null })
      .where('id', '=', id)
      .where('disabled_at', 'is not', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  });
}

/** Ends the account's sessions, except the one by which its owner changes the own password. */
export async function setPassword(
  db: Kysely<RelaySchema>,
  { id }: { id: string },
  passwordHash: string,
  {
    now,
    actor,
    action,
    keepSession,
  }: Act & { action: 'administrator.change-password' | 'administrator.reset-password'; keepSession?: string },
): Promise<Administrator> {
  return changed(db, id, { now, actor, action }, async transaction => {
    const result = await transaction
      .updateTable('administrator')
      .set({ password_hash: passwordHash, password_changed_at: now })
      .where('id', '=', id)
      .executeTakeFirst();
    await endSessionsOf(transaction, id, keepSession);
    return result.numUpdatedRows === 1n;
  });
}

/** Throws `invalid-request`; lower case. */
export function parseEmail(text: string): string {
  const result = emailSchema.safeParse(text);
  if (result.success) return result.data;
  throw new AppError('invalid-request', 'an account is named by an e-mail address', {
    hint: 'such as anna@fabrikam.com',
  });
}

async function changed(
  db: Kysely<RelaySchema>,
  id: string,
  { now, actor, action }: Act & { action: AuditAction },
  change: (transaction: Kysely<RelaySchema>) => Promise<boolean>,
): Promise<Administrator> {
  return inTransaction(db, async transaction => {
    const happened = await change(transaction);
    const administrator = required(await administratorById(transaction, id), id);
    if (happened) {
      const { organizationId, email } = administrator;
      await recordAudit(transaction, { ...actor, at: now, organizationId, action, subject: email });
    }
    return administrator;
  });
}

async function endSessionsOf(
  db: Kysely<RelaySchema>,
  administratorId: string,
  exceptTokenHash?: string,
): Promise<void> {
  let query = db.deleteFrom('administrator_session').where('administrator_id', '=', administratorId);
  if (exceptTokenHash !== undefined) query = query.where('token_hash', '!=', exceptTokenHash);
  await query.execute();
}

/** Signing up makes organization and administrator in one transaction. */
function inTransaction<T>(
  db: Kysely<RelaySchema>,
  work: (transaction: Kysely<RelaySchema>) => Promise<T>,
): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

function required(administrator: Administrator | undefined, name: string): Administrator {
  if (administrator !== undefined) return administrator;
  throw new AppError('administrator-not-found', `there is no account ${name} at this relay`, {
    hint: 'mailbadge relay administrator list shows those that exist',
  });
}

function selectAdministrator(db: Kysely<RelaySchema>) {
  return db
    .selectFrom('administrator')
    .leftJoin('organization', 'organization.id', 'administrator.organization_id')
    .selectAll('administrator')
    .select(['organization.domain', 'organization.active']);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectAdministrator>['execute']>>[number];

function toAdministrator(row: Row): Administrator {
  return {
    id: row.id,
    email: row.email,
    role: row.role === 'operator' ? 'operator' : 'administrator',
    organizationId: row.organization_id,
    organization: row.domain,
    organizationActive: row.active !== 0,
    totp: row.sealed_totp_secret !== null,
    createdAt: row.created_at,
    passwordChangedAt: row.password_changed_at,
    lastSignInAt: row.last_sign_in_at,
    disabledAt: row.disabled_at,
  };
}
