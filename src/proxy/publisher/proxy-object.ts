// The one object that says whether, for whom and where to this proxy publishes (the original's "OnPrem-Proxy"), as
// administrators see it. What it says must agree with trust: its relay is the one that gets our tokens.

import type { Kysely } from 'kysely';
import { version } from '../../contract/versions.ts';
import type { ProxyObjectTable, ProxySchema } from '../database/schema.ts';
import { type RelayPin, readRelayPin } from '../trust/relay/relay-pin.ts';

const proxyObjectName = 'OnPrem-Proxy';

export type ProxyObject = {
  displayName: 'On Premises Proxy app';
  enabled: boolean;
  organization: string | null;
  uri: string | null;
  identity: typeof proxyObjectName;
  isValid: boolean;
  /** Why it is not valid; null when it is. */
  invalidReason: string | null;
  /** Of Mailbadge. */
  version: string;
  name: typeof proxyObjectName;
  /** Null until the first `proxy enable`. */
  guid: string | null;
  whenChanged: number | null;
  whenCreated: number | null;
  /** The organization's realm at the relay; null until connected. */
  organizationId: string | null;
  originatingServer: string;
  objectState: 'New' | 'Unchanged' | 'Changed';
};

export type ProxyObjectRow = Omit<ProxyObjectTable, 'id'>;

export async function readProxyObjectRow(db: Kysely<ProxySchema>): Promise<ProxyObjectRow | undefined> {
  return db
    .selectFrom('proxy_object')
    .select(['guid', 'enabled', 'organization', 'uri', 'created_at', 'changed_at'])
    .where('id', '=', 1)
    .executeTakeFirst();
}

export async function readProxyObject(
  db: Kysely<ProxySchema>,
  { hostName }: { hostName: string },
): Promise<ProxyObject> {
  const row = await readProxyObjectRow(db);
  return proxyObjectOf(row, await readRelayPin({ db }), { hostName });
}

export function proxyObjectOf(
  row: ProxyObjectRow | undefined,
  pin: RelayPin | undefined,
  { hostName }: { hostName: string },
): ProxyObject {
  const invalidReason = whyInvalid(row, pin) ?? null;
  return {
    displayName: 'On Premises Proxy app',
    enabled: row?.enabled === 1,
    organization: row?.organization ?? null,
    uri: row?.uri ?? null,
    identity: proxyObjectName,
    isValid: invalidReason === null,
    invalidReason,
    version,
    name: proxyObjectName,
    guid: row?.guid ?? null,
    whenChanged: row?.changed_at ?? null,
    whenCreated: row?.created_at ?? null,
    organizationId: pin?.enrolment?.realm ?? null,
    originatingServer: hostName,
    objectState: row === undefined ? 'New' : 'Unchanged',
  };
}

function whyInvalid(row: ProxyObjectRow | undefined, pin: RelayPin | undefined): string | undefined {
  if (row === undefined) return 'it was never enabled';
  if (row.organization === null) return 'it names no organization';
  if (row.uri === null) return 'it names no URI';
  if (pin === undefined) return 'trust is not set up';
  if (pin.enrolment === undefined) return 'the proxy is not connected to the relay';
  return disagreement({ organization: row.organization, uri: row.uri }, pin)?.message;
}

/** Where the object and trust name different organizations or relays. */
export function disagreement(
  { organization, uri }: { organization: string; uri: string },
  pin: RelayPin,
): { message: string; hint: string } | undefined {
  if (organization !== pin.organization) {
    return {
      message: `the organization is ${organization}, but trust is set up for ${pin.organization ?? 'none'}`,
      hint: `give --organization ${pin.organization ?? '…'}, or set up trust for ${organization}: mailbadge proxy trust set-up`,
    };
  }
  // Tokens go there: it must be the relay that was pinned, whatever the object says.
  if (new URL(uri).origin !== new URL(pin.relayUrl).origin) {
    return {
      message: `the URI is ${uri}, but the relay that is trusted is ${pin.relayUrl}`,
      hint: `give --uri ${pin.relayUrl}, or set up trust with that relay: mailbadge proxy trust set-up`,
    };
  }
  return undefined;
}
