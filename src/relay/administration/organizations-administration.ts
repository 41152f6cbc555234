// What is done to organizations, by command and console alike.

import { recordAudit } from '../administrators/audit-log.ts';
import { checkDomain, type DomainCheck } from '../organizations/domain-checks.ts';
import type { EnrolmentCode } from '../organizations/enrolment-codes.ts';
import {
  changeOrganization,
  deactivateOrganization,
  newEnrolmentCode,
  type OrganizationSettings,
  reactivateOrganization,
  revokeTargets,
} from '../organizations/organization-changes.ts';
import {
  addOrganization,
  listOrganizations,
  type Organization,
  organizationByDomain,
} from '../organizations/organizations.ts';
import type { AdministrationContext } from './administration-context.ts';

export type WithCode = { organization: Organization; enrolment: EnrolmentCode };

export type OrganizationsAdministration = {
  addOrganization(domain: string, about?: { name?: string; contact?: string }): Promise<WithCode>;
  newEnrolmentCode(domain: string): Promise<WithCode>;
  listOrganizations(): Promise<Organization[]>;
  organization(domain: string): Promise<Organization>;
  changeOrganization(domain: string, settings: OrganizationSettings): Promise<Organization>;
  deactivateOrganization(
    domain: string,
    reason: string,
    also?: { revokeTargets: boolean },
  ): Promise<Organization>;
  reactivateOrganization(domain: string, also?: { revokeTargets: boolean }): Promise<Organization>;
  /** Makes every sealed target of the organization unusable. */
  revokeTargets(domain: string): Promise<Organization>;
  /** Believes for an hour what is reported gone of this organization's devices of an app. */
  liftTripwire(domain: string, appId: string, reason: string): Promise<Organization>;
  /** Looks its TXT record up now. */
  checkDomain(domain: string): Promise<DomainCheck>;
};

export function organizationsAdministration(context: AdministrationContext): OrganizationsAdministration {
  const { db, clock, actor } = context;
  const act = () => ({ now: clock.now(), actor });
  return {
    addOrganization: (domain, about = {}) => addOrganization(db, { domain, ...about }, context),
    newEnrolmentCode: domain => newEnrolmentCode(db, domain, context),
    listOrganizations: () => listOrganizations(db),
    organization: domain => organizationByDomain(db, domain),
    changeOrganization: (domain, settings) => changeOrganization(db, domain, settings, act()),
    deactivateOrganization: (domain, reason, also) =>
      deactivateOrganization(db, domain, { ...act(), reason, ...also }),
    reactivateOrganization: (domain, also) => reactivateOrganization(db, domain, { ...act(), ...also }),
    revokeTargets: domain => revokeTargets(db, domain, act()),
    liftTripwire: (domain, appId, reason) =>
      db.transaction().execute(async transaction => {
        const organization = await organizationByDomain(transaction, domain);
        const { now } = act();
        await transaction
          .insertInto('tripwire_lift')
          .values({ organization_id: organization.id, app_id: appId, lifted_at: now })
          .execute();
        await recordAudit(transaction, {
          ...actor,
          at: now,
          organizationId: organization.id,
          action: 'tripwire.lift',
          subject: appId,
          detail: { reason },
        });
        return organization;
      }),
    checkDomain: async domain =>
      checkDomain(db, await organizationByDomain(db, domain), {
        ...context,
        graceMs: context.config.domain_grace,
      }),
  };
}
