// How a relay is, from its database and its configuration's files: for `mailbadge relay status` (with the service
// running or not), for the console, and for the gauges.

import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { version } from '../../contract/versions.ts';
import type { RelayConfig } from '../config.ts';
import type { RelaySchema } from '../database/schema.ts';
import { listNodes, type Node } from '../nodes/list-nodes.ts';
import { listOrganizations } from '../organizations/organizations.ts';
import { type CredentialSummary, credentialSummaries, lastUse } from './credential-summaries.ts';
import { organizationWarnings, relayWarnings } from './warnings.ts';

export type OrganizationStatus = {
  domain: string;
  active: boolean;
  /** Of the credential used last. */
  proxyVersion: string | null;
  lastUsedAt: number | null;
  warnings: string[];
};

/** Keys that do not end, by how old they are. */
export type KeyAge = { key: string; since: number };

export type FullStatus = {
  issuer: string;
  version: string;
  minimumProxyVersion: string;
  nodes: Node[];
  organizations: OrganizationStatus[];
  keys: KeyAge[];
  tlsEndsAt: number | null;
  /** Everything, with the organizations' own. */
  warnings: string[];
};

type Parts = {
  db: Kysely<RelaySchema>;
  config: Pick<RelayConfig, 'issuer' | 'minimum_proxy_version' | 'tls' | 'apps'>;
  now: number;
};

export async function readRelayStatus({ db, config, now }: Parts): Promise<FullStatus> {
  const { minimum_proxy_version: minimumProxyVersion } = config;
  const nodes = await listNodes(db, now);
  const credentials = await credentialSummaries(db);
  const organizations = (await listOrganizations(db)).map((organization): OrganizationStatus => {
    const own: CredentialSummary[] = credentials.get(organization.id) ?? [];
    const { domain, active } = organization;
    const warnings = organizationWarnings(organization, own, { now, version, minimumProxyVersion });
    return { domain, active, ...lastUse(own), warnings };
  });
  const tlsEndsAt = tlsCertificateEnd(config);
  return {
    issuer: config.issuer,
    version,
    minimumProxyVersion,
    nodes,
    organizations,
    keys: await keyAges(db, config),
    tlsEndsAt,
    warnings: [
      ...relayWarnings({ nodes, version, tlsEndsAt, now }),
      ...organizations.flatMap(({ domain, warnings }) => warnings.map(text => `${domain}: ${text}`)),
    ],
  };
}

/** The relay's own keys that are in use, and when the files of the providers' keys changed. */
export async function keyAges(
  db: Kysely<RelaySchema>,
  { apps }: Pick<RelayConfig, 'apps'>,
): Promise<KeyAge[]> {
  const rows = await db
    .selectFrom('service_key')
    .select(['purpose', 'created_at'])
    .where('retired_at', 'is', null)
    .orderBy('purpose')
    .orderBy('created_at', 'desc')
    .execute();
  const own = rows.map(({ purpose, created_at }) => ({ key: purpose, since: created_at }));
  const ofProviders = apps.flatMap(({ id, apns, fcm }) => [
    ...keyOfFile(`apns:${id}`, apns?.key_file),
    ...keyOfFile(`fcm:${id}`, fcm?.service_account_file),
  ]);
  return [...own, ...ofProviders];
}

/** Null where there is none, or where it cannot be read: then a relay does not start at all. */
export function tlsCertificateEnd({ tls }: Pick<RelayConfig, 'tls'>): number | null {
  if (tls === undefined) return null;
  try {
    return new X509Certificate(readFileSync(tls.certificate_file)).validToDate.getTime();
  } catch {
    return null;
  }
}

function keyOfFile(key: string, path: string | undefined): KeyAge[] {
  const since = path === undefined ? null : fileChangedAt(path);
  return since === null ? [] : [{ key, since }];
}

/** Null when it cannot be read: its app is held back, which is a warning of its own. */
export function fileChangedAt(path: string): number | null {
  try {
    return Math.floor(statSync(path).mtimeMs);
  } catch {
    return null;
  }
}
