// The organizations of a relay: one row each, with a realm (GUID) and an application, their own OAuth client.
// An organization is never deleted: its realm stays taken, and ending it keeps the reason.

import type { Kysely, Selectable } from 'kysely';
import { organizationDomainSchema } from '../../contract/identifiers.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { OrganizationTable, RelaySchema } from '../database/schema.ts';
import { type EnrolmentCode, makeEnrolmentCode } from './enrolment-codes.ts';

export type Organization = {
  id: string;
  domain: string;
  realm: string;
  applicationId: string;
  active: boolean;
  sealEpoch: number;
  createdAt: number;
  endedAt: number | null;
  endedReason: string | null;
};

type Collaborators = { clock: Clock; random: Random };

/** Adds an organization with its application and its first enrolment code. */
export async function addOrganization(
  db: Kysely<RelaySchema>,
  typedDomain: string,
  { clock, random }: Collaborators,
): Promise<{ organization: Organization; enrolment: EnrolmentCode }> {
  const domain = parseDomain(typedDomain);
  const id = random.uuid();
  const now = clock.now();
  return db.transaction().execute(async transaction => {
    const inserted = await transaction
      .insertInto('organization')
      .values({
        id,
        domain,
        realm: random.uuid(),
        active: 1,
        seal_epoch: 1,
        created_at: now,
        ended_at: null,
        ended_reason: null,
      })
      .onConflict(conflict => conflict.column('domain').doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      throw new AppError('organization-exists', `the organization ${domain} exists already`, {
        hint: `for a new enrolment code: mailbadge relay organization new-code ${domain}`,
      });
    }
    await transaction
      .insertInto('application')
      .values({
        id: random.uuid(),
        organization_id: id,
        created_at: now,
        ended_at: null,
        ended_reason: null,
      })
      .execute();
    const enrolment = await makeEnrolmentCode(transaction, id, { clock, random });
    return { organization: await organizationByDomain(transaction, domain), enrolment };
  });
}

export async function listOrganizations(db: Kysely<RelaySchema>): Promise<Organization[]> {
  const rows = await selectOrganization(db).orderBy('organization.domain').execute();
  return rows.map(toOrganization);
}

/** Throws `organization-not-found`. */
export async function organizationByDomain(
  db: Kysely<RelaySchema>,
  typedDomain: string,
): Promise<Organization> {
  const domain = parseDomain(typedDomain);
  const row = await selectOrganization(db).where('organization.domain', '=', domain).executeTakeFirst();
  if (row === undefined) {
    throw new AppError('organization-not-found', `there is no organization ${domain}`, {
      hint: 'mailbadge relay organization list shows those that are known',
    });
  }
  return toOrganization(row);
}

export async function organizationById(
  db: Kysely<RelaySchema>,
  id: string,
): Promise<Organization | undefined> {
  const row = await selectOrganization(db).where('organization.id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toOrganization(row);
}

export async function newEnrolmentCode(
  db: Kysely<RelaySchema>,
  domain: string,
  collaborators: Collaborators,
): Promise<{ organization: Organization; enrolment: EnrolmentCode }> {
  return db.transaction().execute(async transaction => {
    const organization = await organizationByDomain(transaction, domain);
    if (!organization.active) throw organizationInactive(organization.domain);
    const enrolment = await makeEnrolmentCode(transaction, organization.id, collaborators);
    return { organization, enrolment };
  });
}

/** Makes every sealed target that the organization holds unusable; its devices must register again. */
export async function raiseSealEpoch(db: Kysely<RelaySchema>, domain: string): Promise<Organization> {
  const { id } = await organizationByDomain(db, domain);
  await db
    .updateTable('organization')
    .set(({ eb }) => ({ seal_epoch: eb('seal_epoch', '+', 1) }))
    .where('id', '=', id)
    .execute();
  return organizationByDomain(db, domain);
}

/** From the next check on (5 s at most) the organization gets no token and publishes nothing. Running it again changes nothing. */
export async function deactivateOrganization(
  db: Kysely<RelaySchema>,
  domain: string,
  { reason, now }: { reason: string; now: number },
): Promise<Organization> {
  const { id } = await organizationByDomain(db, domain);
  await db
    .updateTable('organization')
    .set({ active: 0, ended_at: now, ended_reason: reason })
    .where('id', '=', id)
    .where('active', '=', 1)
    .execute();
  return organizationByDomain(db, domain);
}

export async function reactivateOrganization(db: Kysely<RelaySchema>, domain: string): Promise<Organization> {
  const { id } = await organizationByDomain(db, domain);
  await db
    .updateTable('organization')
    .set({ active: 1, ended_at: null, ended_reason: null })
    .where('id', '=', id)
    .execute();
  return organizationByDomain(db, domain);
}

export function organizationInactive(domain: string): AppError {
  return new AppError('organization-inactive', `the organization ${domain} is deactivated at this relay`, {
    hint: 'ask the relay’s operator; its domain was deactivated with "mailbadge relay organization deactivate"',
  });
}

function selectOrganization(db: Kysely<RelaySchema>) {
  return db
    .selectFrom('organization')
    .innerJoin('application', 'application.organization_id', 'organization.id')
    .where('application.ended_at', 'is', null)
    .selectAll('organization')
    .select('application.id as application_id');
}

function toOrganization(row: Selectable<OrganizationTable> & { application_id: string }): Organization {
  return {
    id: row.id,
    domain: row.domain,
    realm: row.realm,
    applicationId: row.application_id,
    active: row.active === 1,
    sealEpoch: row.seal_epoch,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    endedReason: row.ended_reason,
  };
}

function parseDomain(text: string): string {
  const result = organizationDomainSchema.safeParse(text);
  if (result.success) return result.data;
  throw new AppError('domain-invalid', 'the organization must be named by its mail domain', {
    hint: 'such as fabrikam.com',
  });
}
