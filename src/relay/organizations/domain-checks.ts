// A domain is proved once, and looked at again: who lost it must not publish in its name for ever. The record of an
// organization that signed itself up is looked up daily. When it is gone, operators and administrators have a time of
// grace to mend it; after that the organization is deactivated. A name server that does not answer counts for nothing.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { type Actor, recordAudit, relayActor } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import { checkDomainProof, type DomainProof, type LookUpTxt } from './domain-proof.ts';
import { deactivateOrganization } from './organization-changes.ts';
import { type Organization, organizationByDomain } from './organizations.ts';

export const domainProofMissing = 'domain-proof-missing';

export type DomainCheck = {
  organization: Organization;
  proof: DomainProof;
  /** The time of grace is over: this very check deactivated the organization. */
  deactivated: boolean;
};

export type DomainCheckCollaborators = {
  lookUpTxt: LookUpTxt;
  clock: Clock;
  /** Whoever asked for the check. */
  actor?: Actor;
  graceMs: number;
};

/** Looks an organization's record up and draws the conclusions. */
export async function checkDomain(
  db: Kysely<RelaySchema>,
  { domain }: { domain: string },
  { lookUpTxt, clock, actor = relayActor, graceMs }: DomainCheckCollaborators,
): Promise<DomainCheck> {
  const token = await tokenOf(db, domain);
  const proof = await checkDomainProof(lookUpTxt, { domain, token });
  const now = clock.now();
  if (proof.kind === 'unreachable') {
    return { organization: await organizationByDomain(db, domain), proof, deactivated: false };
  }
  const missing = proof.kind === 'missing';
  const before = await noteCheck(db, domain, { missing, now, actor });
  const missingSince = before.domainProof.missingSince ?? now;
  const deactivated = missing && before.active && now - missingSince >= graceMs;
  if (deactivated) {
    await deactivateOrganization(db, domain, { reason: domainProofMissing, now, actor: relayActor });
  }
  return { organization: await organizationByDomain(db, domain), proof, deactivated };
}

async function tokenOf(db: Kysely<RelaySchema>, domain: string): Promise<string> {
  const row = await db
    .selectFrom('organization')
    .select('domain_token')
    .where('domain', '=', domain)
    .executeTakeFirst();
  const token = row?.domain_token ?? null;
  if (token !== null) return token;
  throw new AppError('invalid-request', `${domain} has no record to look up`, {
    hint: 'the relay’s operator added it and vouches for it',
  });
}

/** Returns the organization as it was before. */
async function noteCheck(
  db: Kysely<RelaySchema>,
  domain: string,
  { missing, now, actor }: { missing: boolean; now: number; actor: Actor },
): Promise<Organization> {
  return db.transaction().execute(async transaction => {
    const before = await organizationByDomain(transaction, domain);
    const missingSince = missing ? (before.domainProof.missingSince ?? now) : null;
    await transaction
      .updateTable('organization')
      .set({ domain_checked_at: now, domain_missing_since: missingSince })
      .where('id', '=', before.id)
      .execute();
    if (missing !== (before.domainProof.state === 'missing')) {
      await recordAudit(transaction, {
        ...actor,
        at: now,
        organizationId: before.id,
        action: missing ? 'organization.domain-missing' : 'organization.domain-found',
        subject: domain,
      });
    }
    return before;
  });
}
