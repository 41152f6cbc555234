// How the relay's commands show an organization.

import type { RelayAdministration } from '../relay/administration/relay-administration.ts';
import { timeText } from './relay-config.ts';

export type Organization = Awaited<ReturnType<RelayAdministration['organization']>>;

export function organizationJson({ id, ...rest }: Organization) {
  return { organizationId: id, ...rest };
}

export function organizationRows(organization: Organization): [string, string][] {
  const { domainProof: proof, quotaPerSecond } = organization;
  return [
    ['Domain', organization.domain],
    ['Name', organization.name ?? ''],
    ['Contact', organization.contact ?? ''],
    ['Realm', organization.realm],
    ['Application', organization.applicationId],
    ['Active', String(organization.active)],
    ['Seal epoch', String(organization.sealEpoch)],
    ['Direct trust', organization.directTrust ? 'on' : 'off'],
    ['Quota', quotaPerSecond === null ? 'default' : `${quotaPerSecond} a second`],
    ['Proof of domain', proofText(proof)],
    ...(proof.record === null
      ? []
      : [['TXT record', `${proof.record.name} ${proof.record.value}`] as [string, string]]),
    ['Created', timeText(organization.createdAt)],
    ['Ended', timeText(organization.endedAt)],
    ['Reason', organization.endedReason ?? ''],
  ];
}

function proofText({ state, checkedAt, missingSince }: Organization['domainProof']): string {
  switch (state) {
    case 'operator':
      return 'none: the operator vouches for it';
    case 'proved':
      return `seen at ${timeText(checkedAt)}`;
    case 'missing':
      return `missing since ${timeText(missingSince)}`;
  }
}
