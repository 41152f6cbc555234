// What somebody should look at before it becomes a failure: one list for `relay status`, for the console and, of one
// organization, for its own administrators. A warning says what is and what to do. Nothing warns of what cannot end:
// provider keys and VAPID keys have no expiry, so only their age is told elsewhere.

import { compareVersions } from '../../contract/versions.ts';
import type { Node } from '../nodes/list-nodes.ts';
import type { Organization } from '../organizations/organizations.ts';
import { type CredentialSummary, lastUse, provableUntil } from './credential-summaries.ts';

export const endingSoonMs = 30 * 86_400_000;

export function organizationWarnings(
  organization: Pick<Organization, 'active' | 'domainProof'>,
  credentials: readonly CredentialSummary[],
  { now, version, minimumProxyVersion }: { now: number; version: string; minimumProxyVersion: string },
): string[] {
  if (!organization.active) return [];
  const warnings: string[] = [];
  const until = provableUntil(credentials, now);
  if (until === null && credentials.length > 0) {
    warnings.push(
      'no key credential is valid any more: nothing can be published until its proxy connects again',
    );
  }
  if (until !== null && until - now < endingSoonMs) {
    warnings.push(`the last key credential ends on ${day(until)} and no successor is registered`);
  }
  const { proxyVersion } = lastUse(credentials);
  if (proxyVersion !== null && compareVersions(proxyVersion, minimumProxyVersion) < 0) {
    warnings.push(`its proxy ${proxyVersion} is refused: install ${minimumProxyVersion} or newer`);
  } else if (proxyVersion !== null && minor(proxyVersion) !== minor(version)) {
    warnings.push(`its proxy is of version ${proxyVersion}, this relay of ${version}`);
  }
  const { missingSince, record } = organization.domainProof;
  if (missingSince !== null) {
    warnings.push(
      `the TXT record ${record?.name ?? ''} that proves its domain is gone since ${day(missingSince)}`,
    );
  }
  return warnings;
}

export function relayWarnings({
  nodes,
  version,
  tlsEndsAt,
  now,
}: {
  nodes: readonly Node[];
  /** Of the program that asks. */
  version: string;
  tlsEndsAt: number | null;
  now: number;
}): string[] {
  const running = nodes.filter(node => node.running);
  const warnings: string[] = [];
  if (running.length === 0) warnings.push('no node is running: start one with "mailbadge relay serve"');
  for (const node of running) {
    if (node.version !== version) {
      warnings.push(
        `the node ${node.name} runs version ${node.version}, and this is ${version}: update both alike`,
      );
    }
    for (const { appId, provider, environment, reason } of node.appsHeldBack) {
      warnings.push(
        `the app ${appId} does not work at ${provider} (${environment}) on ${node.name}: ${reason}; its badges wait`,
      );
    }
  }
  if (tlsEndsAt !== null && tlsEndsAt <= now) {
    warnings.push(
      `the relay’s TLS certificate ended on ${day(tlsEndsAt)}: renew it and start the relay again`,
    );
  } else if (tlsEndsAt !== null && tlsEndsAt - now < endingSoonMs) {
    warnings.push(
      `the relay’s TLS certificate ends on ${day(tlsEndsAt)}: renew it and start the relay again`,
    );
  }
  return warnings;
}

function minor(version: string): string {
  return version.split('.', 2).join('.');
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
