// Key credentials: the certificates by which an organization's application proves itself. Each is of type asymmetric
// and usage verify; it is never valid outside its certificate's dates. All times are UTC milliseconds.

import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { Kysely, Selectable } from 'kysely';
import type { CredentialDetail, registrationWays } from '../../contract/credentials.ts';
import { AppError } from '../../runtime/errors.ts';
import type { KeyCredentialTable, RelaySchema } from '../database/schema.ts';
import { assertCurrent, type Certificate, utc } from './certificate.ts';

export type RegistrationWay = (typeof registrationWays)[number];

export type KeyCredential = {
  keyId: string;
  /** SHA-1 of the certificate as administrators know it: 40 upper-case hexadecimal digits. */
  thumbprint: string;
  applicationId: string;
  type: 'asymmetric';
  usage: 'verify';
  startAt: number;
  endAt: number;
  registeredAt: number;
  registeredBy: string | null;
  lastUsedAt: number | null;
  lastVersion: string | null;
  lastAddress: string | null;
  revokedAt: number | null;
  revokedReason: string | null;
  publicJwk: JWK;
};

/** More than rotation ever needs. */
const mostUsableCredentials = 32;
const dayMs = 86_400_000;

/** Adds the certificate, or reports that it is there already (`added: false`). */
export async function registerKeyCredential(
  db: Kysely<RelaySchema>,
  {
    applicationId,
    certificate,
    startAt = certificate.notBefore,
    endAt = certificate.notAfter,
    registeredBy,
    now,
  }: {
    applicationId: string;
    certificate: Certificate;
    startAt?: number;
    endAt?: number;
    registeredBy: RegistrationWay;
    now: number;
  },
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
      registered_by: registeredBy,
      last_used_at: null,
      revoked_at: null,
      revoked_reason: null,
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .executeTakeFirst();
  const credential = await assertRegistrable(db, { keyId: certificate.thumbprint, applicationId });
  if (credential === undefined) throw new Error('the credential just stored is not there');
  const added = inserted.numInsertedOrUpdatedRows === 1n;
  if (added) await assertRoom(db, applicationId, now);
  return { credential, added };
}

/** Throws when the certificate is another organization's, or was revoked. Undefined: nobody registered it yet. */
export async function assertRegistrable(
  db: Kysely<RelaySchema>,
  { keyId, applicationId }: { keyId: string; applicationId: string },
): Promise<KeyCredential | undefined> {
  const credential = await keyCredentialById(db, keyId);
  if (credential === undefined) return undefined;
  if (credential.applicationId !== applicationId) {
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
  return credential;
}

/** Run in the transaction of the registration, which it undoes. */
async function assertRoom(db: Kysely<RelaySchema>, applicationId: string, now: number): Promise<void> {
  const usable = (await keyCredentialsOf(db, applicationId)).filter(each => isUsable(each, now)).length;
  if (usable <= mostUsableCredentials) return;
  throw new AppError('credential-limit', `the organization has ${mostUsableCredentials} key credentials`, {
    hint: 'remove those that are not in use any more',
  });
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

/** Credentials as people and proxies are shown them: without the key, and with the one that is in use marked. */
export function describeCredentials(credentials: readonly KeyCredential[], now: number): CredentialDetail[] {
  const lastUse = Math.max(...credentials.map(({ lastUsedAt }) => lastUsedAt ?? 0));
  return credentials.map(({ publicJwk: _key, applicationId: _application, ...shown }) => ({
    ...shown,
    inUse: shown.lastUsedAt !== null && shown.lastUsedAt === lastUse && now - lastUse < dayMs,
  }));
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
      hint: 'start no earlier than the certificate, end no later, and start before the end; all times are UTC, in milliseconds',
    },
  );
}

function toKeyCredential(row: Selectable<KeyCredentialTable>): KeyCredential {
  return {
    keyId: row.id,
    thumbprint: createHash('sha1').update(row.certificate, 'base64').digest('hex').toUpperCase(),
    applicationId: row.application_id,
    type: 'asymmetric',
    usage: 'verify',
    startAt: row.start_at,
    endAt: row.end_at,
    registeredAt: row.registered_at,
    registeredBy: row.registered_by,
    lastUsedAt: row.last_used_at,
    lastVersion: row.last_version,
    lastAddress: row.last_address,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason,
    publicJwk: JSON.parse(row.public_jwk) as JWK,
  };
}
