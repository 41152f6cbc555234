// What a proxy does to its organization's own key credentials: a credential that counts now vouches for the next one,
// whose holder proves that it has the private key. Nothing here reaches another organization's credentials, and
// nothing tells whether one exists.

import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { AddCredential } from '../../contract/credentials.ts';
import { AppError } from '../../runtime/errors.ts';
import { type AuditAction, recordAudit } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { Caller } from './caller.ts';
import { assertCurrent, parseCertificate } from './certificate.ts';
import { type KeyCredential, keyCredentialById, registerKeyCredential } from './key-credentials.ts';
import { proofClaimsSchema, proofForAnother, useProof, verifyProof } from './proof-of-possession.ts';

const claimsSchema = proofClaimsSchema.extend({ realm: z.string(), credential: z.string() });

type Act = { caller: Caller; now: number; address: string };

export async function addOwnCredential(
  db: Kysely<RelaySchema>,
  { certificate: base64, proof, startAt, endAt }: AddCredential,
  { issuer, ...act }: Act & { issuer: string },
): Promise<{ credential: KeyCredential; added: boolean }> {
  const { caller, now } = act;
  const certificate = parseCertificate(base64);
  assertCurrent(certificate, now);
  const claims = await verifyProof(proof, { certificate, issuer, now, claims: claimsSchema });
  if (claims.realm.toLowerCase() !== caller.realm) throw proofForAnother('realm');
  if (claims.credential !== caller.credentialId) throw proofForAnother('calling credential');
  return db.transaction().execute(async transaction => {
    await useProof(transaction, certificate, claims);
    const registered = await registerKeyCredential(transaction, {
      applicationId: caller.applicationId,
      certificate,
      ...(startAt === undefined ? {} : { startAt }),
      ...(endAt === undefined ? {} : { endAt }),
      registeredBy: 'rotation',
      now,
    });
    const { keyId, registeredBy } = registered.credential;
    if (registered.added) {
      await audit(transaction, act, 'credential.register', keyId, { by: registeredBy });
    }
    return registered;
  });
}

/** For good. Running it again changes nothing. */
export async function removeOwnCredential(
  db: Kysely<RelaySchema>,
  keyId: string,
  act: Act,
): Promise<KeyCredential> {
  const { caller, now } = act;
  return db.transaction().execute(async transaction => {
    const reason = 'removed by the organization’s proxy';
    const revoked = await transaction
      .updateTable('key_credential')
      .set({ revoked_at: now, revoked_reason: reason })
      .where('id', '=', keyId)
      .where('application_id', '=', caller.applicationId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (revoked.numUpdatedRows === 1n) await audit(transaction, act, 'credential.revoke', keyId, { reason });
    const credential = await keyCredentialById(transaction, keyId);
    if (credential === undefined || credential.applicationId !== caller.applicationId) {
      throw new AppError('not-found', 'no key credential of your organization has this id', {
        hint: 'GET /v1/credentials lists them',
      });
    }
    return credential;
  });
}

function audit(
  db: Kysely<RelaySchema>,
  { caller, now, address }: Act,
  action: AuditAction,
  keyId: string,
  detail: Record<string, unknown>,
): Promise<void> {
  return recordAudit(db, {
    at: now,
    actorKind: 'proxy',
    actor: caller.credentialId,
    address,
    organizationId: caller.organizationId,
    action,
    subject: keyId,
    detail,
  });
}
