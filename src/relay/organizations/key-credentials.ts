// Key credentials: the certificates by which an organization's application proves itself. Each is of type asymmetric
// and usage verify; it is never valid outside its certificate's dates. All times are UTC milliseconds.

import type { JWK } from 'jose';
import type { Kysely, Selectable } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { KeyCredentialTable, RelaySchema } from '../database/schema.ts';
import { assertCurrent, type Certificate, utc } from './certificate.ts';

export type KeyCredential = {
  keyId: string;
  applicationId: string;
  type: 'asymmetric';
  usage: 'verify';
  startAt: number;
  endAt: number;
  registeredAt: number;
  lastUsedAt: number | null;
  revokedAt: number | null;
  revokedReason: string | null;
  publicJwk: JWK;
};

/** Adds the certificate, or reports that it is there already (`added: false`). */
export async function registerKeyCredential(
  db: Kysely<RelaySchema>,
  {
    applicationId,
    certificate,
    startAt = certificate.notBefore,
    endAt = certificate.notAfter,
    now,
  }: { applicationId: string; certificate: Certificate; startAt?: number; endAt?: number; now: number },
): Promise<{ credential: KeyCredential; added: boolean }> {
  assertCurrent(certificate, now);
  assertDatesWithin(certificate, startAt, endAt);
  const inserted = await db
    .insertInto('key_credential')
    .values({
      id: certificate.thumbprint,
      application_id: applicationId,
      certificate: certificate.der,
      public_jwk: JSON.stringify(certificate.publicJwk),
      start_at: startAt,
      end_at: endAt,
      registered_at: now,
      last_used_at: null,
      revoked_at: null,
      revoked_reason: null,
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .executeTakeFirst();
  const credential = await keyCredentialById(db, certificate.thumbprint);
  if (credential === undefined || credential.applicationId !== applicationId) {
    throw new AppError(
      'credential-duplicate',
      'the certificate belongs to another organization of this relay',
      {
        hint: 'make a certificate of its own for each organization',
      },
    );
  }
  if (credential.revokedAt !== null) {
    throw new AppError('credential-revoked', 'the certificate was revoked at this relay', {
      hint: 'a revoked one stays revoked: make a new certificate with mailbadge proxy trust set-up --new-certificate',
    });
  }
  return { credential, added: inserted.numInsertedOrUpdatedRows === 1n };
}

export async function keyCredentialById(
  db: Kysely<RelaySchema>,
  keyId: string,
): Promise<KeyCredential | undefined> {
  const row = await db.selectFrom('key_credential').selectAll().where('id', '=', keyId).executeTakeFirst();
  return row === undefined ? undefined : toKeyCredential(row);
}

export async function keyCredentialsOf(
  db: Kysely<RelaySchema>,
  applicationId: string,
): Promise<KeyCredential[]> {
  const rows = await db
    .selectFrom('key_credential')
    .selectAll()
    .where('application_id', '=', applicationId)
    .orderBy('registered_at')
    .orderBy('id')
    .execute();
  return rows.map(toKeyCredential);
}

/** Revokes for good. Running it again keeps the first reason. */
export async function revokeKeyCredential(
  db: Kysely<RelaySchema>,
  keyId: string,
  { reason, now }: { reason: string; now: number },
): Promise<KeyCredential> {
  await db
    .updateTable('key_credential')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('id', '=', keyId)
    .where('revoked_at', 'is', null)
    .execute();
  const credential = await keyCredentialById(db, keyId);
  if (credential === undefined) {
    throw new AppError('credential-not-registered', `no key credential has the id ${keyId}`, {
      hint: 'mailbadge relay credential list <domain> shows them',
    });
  }
  return credential;
}

/** Tells an administrator which keys are live. */
export async function noteCredentialUse(db: Kysely<RelaySchema>, keyId: string, now: number): Promise<void> {
  await db.updateTable('key_credential').set({ last_used_at: now }).where('id', '=', keyId).execute();
}

/** Whether it can prove anything now. */
export function isUsable(
  { startAt, endAt, revokedAt }: Pick<KeyCredential, 'startAt' | 'endAt' | 'revokedAt'>,
  now: number,
): boolean {
  return revokedAt === null && startAt <= now && now < endAt;
}

function assertDatesWithin({ notBefore, notAfter }: Certificate, startAt: number, endAt: number): void {
  if (startAt >= notBefore && endAt <= notAfter && startAt < endAt) return;
  throw new AppError(
    'certificate-invalid',
    `the credential's dates (${utc(startAt)} to ${utc(endAt)}) are not within the certificate's (${utc(notBefore)} to ${utc(notAfter)})`,
    {
      hint: 'start no earlier than the certificate, end no later, and start before the end; all times are UTC',
    },
  );
}

function toKeyCredential(row: Selectable<KeyCredentialTable>): KeyCredential {
  return {
    keyId: row.id,
    applicationId: row.application_id,
    type: 'asymmetric',
    usage: 'verify',
    startAt: row.start_at,
    endAt: row.end_at,
    registeredAt: row.registered_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason,
    publicJwk: JSON.parse(row.public_jwk) as JWK,
  };
}
