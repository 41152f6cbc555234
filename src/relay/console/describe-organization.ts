// Organizations as the console shows them: what is stored, when they were last heard of, and what to look at.

import type { OrganizationView } from '../../contract/console/relay-console.ts';
import { version } from '../../contract/versions.ts';
import {
  type CredentialSummary,
  credentialSummaries,
  lastUse,
} from '../administration/credential-summaries.ts';
import { organizationWarnings } from '../administration/warnings.ts';
import type { Organization } from '../organizations/organizations.ts';
import type { ConsoleParts } from './console-env.ts';

export type DescribeOrganizations = {
  one(organization: Organization): Promise<OrganizationView>;
  all(organizations: readonly Organization[]): Promise<OrganizationView[]>;
};

export function describeOrganizations({ db, clock, config }: ConsoleParts): DescribeOrganizations {
  const describe = (
    organization: Organization,
    credentials: readonly CredentialSummary[],
  ): OrganizationView => {
    const { endedAt: _endedAt, endedReason, domainProof, ...rest } = organization;
    const { provedAt: _provedAt, ...proof } = domainProof;
    return {
      ...rest,
      deactivatedReason: endedReason,
      defaultQuotaPerSecond: config.quotas.organization_per_second,
      domainProof: proof,
      ...lastUse(credentials),
      warnings: organizationWarnings(organization, credentials, {
        now: clock.now(),
        version,
        minimumProxyVersion: config.minimum_proxy_version,
      }),
    };
  };
  return {
    async one(organization) {
      const own = await credentialSummaries(db, { organizationId: organization.id });
      return describe(organization, own.get(organization.id) ?? []);
    },
    async all(organizations) {
      const [only] = organizations;
      const scope = organizations.length === 1 ? { organizationId: only?.id } : {};
      const credentials = await credentialSummaries(db, scope);
      return organizations.map(each => describe(each, credentials.get(each.id) ?? []));
    },
  };
}
