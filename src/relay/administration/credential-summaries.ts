// What is known of organizations' key credentials without reading the certificates: for lists, warnings and gauges over
// all organizations at once.

import type { Kysely } from 'kysely';
import type { RelaySchema } from '../database/schema.ts';

export type CredentialSummary = {
  organizationId: string;
  startAt: number;
  endAt: number;
  revokedAt: number | null;
  lastUsedAt: number | null;
  lastVersion: string | null;
};

export async function credentialSummaries(
  db: Kysely<RelaySchema>,
  { organizationId }: { organizationId?: string | undefined } = {},
): Promise<ReadonlyMap<string, CredentialSummary[]>> {
  let query = db
    .selectFrom('key_credential')
    .innerJoin('application', 'application.id', 'key_credential.application_id')
    .where('application.ended_at', 'is', null)
    .select([
      'application.organization_id as organizationId',
      'start_at as startAt',
      'end_at as endAt',
      'revoked_at as revokedAt',
      'last_used_at as lastUsedAt',
      'last_version as lastVersion',
    ]);
  if (organizationId !== undefined) query = query.where('application.organization_id', '=', organizationId);
  return Map.groupBy(await query.execute(), summary => summary.organizationId);
}

/** When the organization used one last, and the proxy's version at that time. */
export function lastUse(credentials: readonly CredentialSummary[]): {
  lastUsedAt: number | null;
  proxyVersion: string | null;
} {
  let last: CredentialSummary | undefined;
  for (const each of credentials) {
    if (each.lastUsedAt !== null && each.lastUsedAt > (last?.lastUsedAt ?? -1)) last = each;
  }
  return { lastUsedAt: last?.lastUsedAt ?? null, proxyVersion: last?.lastVersion ?? null };
}

/** Until when the organization can prove itself with what it has registered, successors included; null when it cannot. */
export function provableUntil(credentials: readonly CredentialSummary[], now: number): number | null {
  const ends = credentials
    .filter(each => each.revokedAt === null && each.endAt > now)
    .map(each => each.endAt);
  return ends.length === 0 ? null : Math.max(...ends);
}
