// The organizations of a relay: one row each, with a realm (GUID) and an application, their own OAuth client.
// An organization is never deleted: its realm stays taken, and ending it keeps the reason.

import type { Kysely, Selectable } from 'kysely';
import { organizationDomainSchema } from '../../contract/identifiers.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { parseEmail } from '../administrators/administrators.ts';
import { type Actor, recordAudit } from '../administrators/audit-log.ts';
import type { OrganizationTable, RelaySchema } from '../database/schema.ts';
import { type DomainRecord, domainRecord } from './domain-proof.ts';
import { type EnrolmentCode, makeEnrolmentCode } from './enrolment-codes.ts';

export type Organization = {
  id: string;
  domain: string;
  name: string | null;
  contact: string | null;
  realm: string;
  applicationId: string;
  active: boolean;
  sealEpoch: number;
  directTrust: boolean;
  /** In place of the relay's default. */
  quotaPerSecond: number | null;
  domainProof: {
    /** 'operator': vouched for · 'proved' · 'missing': the record was there and is gone */
    state: 'operator' | 'proved' | 'missing';
    record: DomainRecord | null;
    provedAt: number | null;
    checkedAt: number | null;
    missingSince: number | null;
  };
  createdAt: number;
  endedAt: number | null;
  endedReason: string | null;
};

const longestName = 120;
/** Control characters, and invisible ones that turn the direction of writing: a terminal and a page would obey. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

export type ActingCollaborators = { clock: Clock; random: Random; actor: Actor };

export type NewOrganization = { domain: string; name?: string; contact?: string };

/** Adds an organization that the operator vouches for, with its application and its first enrolment code. */
export async function addOrganization(
  db: Kysely<RelaySchema>,
  { domain: typedDomain, name, contact }: NewOrganization,
  { clock, random, actor }: ActingCollaborators,
): Promise<{ organization: Organization; enrolment: EnrolmentCode }> {
  const domain = parseDomain(typedDomain);
  const now = clock.now();
  return db.transaction().execute(async transaction => {
    const id = await insertOrganization(
      transaction,
      { domain, ...parseAbout({ name, contact }), domainToken: null },
      { now, random },
    );
    if (id === undefined) {
      throw new AppError('organization-exists', `the organization ${domain} exists already`, {
        hint: `for a new enrolment code: mailbadge relay organization new-code ${domain}`,
      });
    }
    await recordAudit(transaction, {
      ...actor,
      at: now,
      organizationId: id,
      action: 'organization.add',
      subject: domain,
    });
    const enrolment = await makeEnrolmentCode(transaction, id, { clock, random });
    return { organization: await organizationByDomain(transaction, domain), enrolment };
  });
}

/** The organization and its application, in the caller's transaction. Undefined when the domain is taken. */
export async function insertOrganization(
  transaction: Kysely<RelaySchema>,
  {
    domain,
    name,
    contact,
    domainToken,
  }: { domain: string; name: string | null; contact: string | null; domainToken: string | null },
  { now, random }: { now: number; random: Random },
): Promise<string | undefined> {
  const id = random.uuid();
  const provedAt = domainToken === null ? null : now;
  const inserted = await transaction
    .insertInto('organization')
    .values({
      id,
      domain,
      realm: random.uuid(),
      active: 1,
      seal_epoch: 1,
      name,
      contact,
      domain_token: domainToken,
      domain_proved_at: provedAt,
      domain_checked_at: provedAt,
      created_at: now,
      ended_at: null,
      ended_reason: null,
    })
    .onConflict(conflict => conflict.column('domain').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return undefined;
  await transaction
    .insertInto('application')
    .values({ id: random.uuid(), organization_id: id, created_at: now, ended_at: null, ended_reason: null })
    .execute();
  return id;
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
    name: row.name,
    contact: row.contact,
    realm: row.realm,
    applicationId: row.application_id,
    active: row.active === 1,
    sealEpoch: row.seal_epoch,
    directTrust: row.direct_trust === 1,
    quotaPerSecond: row.quota_per_second,
    domainProof: toDomainProof(row),
    createdAt: row.created_at,
    endedAt: row.ended_at,
    endedReason: row.ended_reason,
  };
}

function toDomainProof(row: Selectable<OrganizationTable>): Organization['domainProof'] {
  const proved = row.domain_missing_since === null ? 'proved' : 'missing';
  return {
    state: row.domain_token === null ? 'operator' : proved,
    record: row.domain_token === null ? null : domainRecord(row.domain, row.domain_token),
    provedAt: row.domain_proved_at,
    checkedAt: row.domain_checked_at,
    missingSince: row.domain_missing_since,
  };
}

/** Throws `invalid-request`. What is not given is null. */
export function parseAbout(given: { name?: string | undefined; contact?: string | undefined }): {
  name: string | null;
  contact: string | null;
} {
  const name = given.name?.trim() ?? null;
  if (name !== null && (name === '' || name.length > longestName || unprintable.test(name))) {
    throw new AppError(
      'invalid-request',
      `an organization's name has 1 to ${longestName} printable characters`,
    );
  }
  return { name, contact: given.contact === undefined ? null : parseEmail(given.contact) };
}

/** Throws `domain-invalid`; lower case, without a trailing dot. */
export function parseDomain(text: string): string {
  const result = organizationDomainSchema.safeParse(text);
  if (result.success) return result.data;
  throw new AppError('domain-invalid', 'the organization must be named by its mail domain', {
    hint: 'such as fabrikam.com',
  });
}
