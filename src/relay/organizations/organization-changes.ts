// What may happen to an organization after it was added. Each change is idempotent and writes its audit entry in its
// own transaction; one that changed nothing writes none.

import type { Kysely, UpdateObject } from 'kysely';
import { type Actor, type AuditAction, recordAudit } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type EnrolmentCode, makeEnrolmentCode } from './enrolment-codes.ts';
import {
  type ActingCollaborators,
  type Organization,
  organizationByDomain,
  organizationInactive,
  parseAbout,
} from './organizations.ts';

export type OrganizationSettings = {
  name?: string;
  contact?: string;
  directTrust?: boolean;
  /** Null: the relay's default again. */
  quotaPerSecond?: number | null;
};

type Act = { now: number; actor: Actor };

/** Makes a new enrolment code; earlier unused ones end. */
export async function newEnrolmentCode(
  db: Kysely<RelaySchema>,
  domain: string,
  { clock, random, actor }: ActingCollaborators,
): Promise<{ organization: Organization; enrolment: EnrolmentCode }> {
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    if (!organization.active) throw organizationInactive(organization.domain);
    const enrolment = await makeEnrolmentCode(transaction, organization.id, { clock, random });
    await record(transaction, organization, { now: clock.now(), actor, action: 'organization.new-code' });
    return { organization, enrolment };
  });
}

/** Changes what is given and differs. */
export async function changeOrganization(
  db: Kysely<RelaySchema>,
  domain: string,
  given: OrganizationSettings,
  { now, actor }: Act,
): Promise<Organization> {
  const about = parseAbout(given);
  const settings: OrganizationSettings = {
    ...given,
    ...(about.name !== null && { name: about.name }),
    ...(about.contact !== null && { contact: about.contact }),
  };
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    const detail = Object.fromEntries(
      Object.entries(settings).filter(
        ([key, value]) => value !== undefined && organization[key as keyof OrganizationSettings] !== value,
      ),
    ) as OrganizationSettings;
    if (Object.keys(detail).length === 0) return organization;
    const { name, contact, directTrust, quotaPerSecond } = detail;
    await update(transaction, organization, {
      ...(name !== undefined && { name }),
      ...(contact !== undefined && { contact }),
      ...(directTrust !== undefined && { direct_trust: directTrust ? 1 : 0 }),
      ...(quotaPerSecond !== undefined && { quota_per_second: quotaPerSecond }),
    });
    await record(transaction, organization, { now, actor, action: 'organization.change', detail });
    return organizationByDomain(transaction, organization.domain);
  });
}

/** From the next check on (5 s at most) the organization gets no token and publishes nothing. */
export async function deactivateOrganization(
  db: Kysely<RelaySchema>,
  domain: string,
  { reason, revokeTargets = false, now, actor }: Act & { reason: string; revokeTargets?: boolean },
): Promise<Organization> {
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    if (organization.active) {
      await update(transaction, organization, { active: 0, ended_at: now, ended_reason: reason });
      const detail = { reason };
      await record(transaction, organization, { now, actor, action: 'organization.deactivate', detail });
    }
    if (revokeTargets) await raiseSealEpoch(transaction, organization, { now, actor });
    return organizationByDomain(transaction, organization.domain);
  });
}

export async function reactivateOrganization(
  db: Kysely<RelaySchema>,
  domain: string,
  { revokeTargets = false, now, actor }: Act & { revokeTargets?: boolean },
): Promise<Organization> {
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    if (!organization.active) {
      // A record that is still missing gets its whole time of grace again.
      const missing = organization.domainProof.missingSince === null ? {} : { domain_missing_since: now };
      await update(transaction, organization, { active: 1, ended_at: null, ended_reason: null, ...missing });
      await record(transaction, organization, { now, actor, action: 'organization.reactivate' });
    }
    if (revokeTargets) await raiseSealEpoch(transaction, organization, { now, actor });
    return organizationByDomain(transaction, organization.domain);
  });
}

/** Makes every sealed target that the organization holds unusable; its devices must register again. */
export async function revokeTargets(
  db: Kysely<RelaySchema>,
  domain: string,
  act: Act,
): Promise<Organization> {
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    await raiseSealEpoch(transaction, organization, act);
    return organizationByDomain(transaction, organization.domain);
  });
}

async function raiseSealEpoch(
  transaction: Kysely<RelaySchema>,
  organization: Organization,
  act: Act,
): Promise<void> {
  const sealEpoch = organization.sealEpoch + 1;
  await update(transaction, organization, { seal_epoch: sealEpoch });
  await record(transaction, organization, {
    ...act,
    action: 'organization.revoke-targets',
    detail: { sealEpoch },
  });
}

async function update(
  transaction: Kysely<RelaySchema>,
  { id }: Organization,
  changes: UpdateObject<RelaySchema, 'organization'>,
): Promise<void> {
  await transaction.updateTable('organization').set(changes).where('id', '=', id).execute();
}

async function record(
  transaction: Kysely<RelaySchema>,
  { id, domain }: Organization,
  { now, actor, action, detail }: Act & { action: AuditAction; detail?: Record<string, unknown> },
): Promise<void> {
  await recordAudit(transaction, {
    ...actor,
    at: now,
    organizationId: id,
    action,
    subject: domain,
    detail: detail ?? null,
  });
}
