// How the relay's commands show a key credential.

import type { RelayAdministration } from '../relay/administration/relay-administration.ts';
import { timeText } from './relay-config.ts';

export type Credential = Awaited<ReturnType<RelayAdministration['credentials']>>[number];

export function credentialRows(credential: Credential): [string, string][] {
  return [
    ['Key id', credential.keyId],
    ['Thumbprint', credential.thumbprint],
    ['Type', credential.type],
    ['Usage', credential.usage],
    ['Start', timeText(credential.startAt)],
    ['End', timeText(credential.endAt)],
    ['Registered', timeText(credential.registeredAt)],
    ['Registered by', credential.registeredBy ?? ''],
    ['In use', credential.inUse ? 'yes' : 'no'],
    ['Last used', timeText(credential.lastUsedAt)],
    ['Last version', credential.lastVersion ?? ''],
    ['Last address', credential.lastAddress ?? ''],
    ['Revoked', timeText(credential.revokedAt)],
    ['Reason', credential.revokedReason ?? ''],
  ];
}
