// The relay that this proxy trusts: pinned from its metadata when its URL is given, once, in `trust set-up`
// (table `relay_trust`, one row). A relay that later calls itself otherwise is not followed.

import type { Kysely } from 'kysely';
import {
  type RelayMetadata,
  relayMetadataPath,
  relayMetadataSchema,
} from '../../../contract/relay-metadata.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { ProxySchema } from '../../database/schema.ts';
import {
  type AuthServer,
  authServerOf,
  pinnedColumns,
  relayAuthServer,
  type SigningKey,
} from '../auth-servers/auth-server.ts';
import { refuseDuplicate } from '../auth-servers/auth-servers.ts';

export type Enrolment = { organization: string; realm: string; applicationId: string; connectedAt: number };

export type RelayPin = {
  relayUrl: string;
  issuer: string;
  publishAudience: string;
  metadata: RelayMetadata;
  /** Where access tokens come from; none once an administrator removed it by force. */
  authServer: AuthServer | undefined;
  /** The relay's own authorization server. */
  relayServer: AuthServer | undefined;
  /** Whom this proxy works for, as `trust set-up` was told. */
  organization: string | undefined;
  /** What `trust connect` learned. */
  enrolment: Enrolment | undefined;
};

type Collaborators = { db: Kysely<ProxySchema>; clock: Clock };

export async function readRelayPin({ db }: Pick<Collaborators, 'db'>): Promise<RelayPin | undefined> {
  const row = await db.selectFrom('relay_trust').selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  const servers = (await db.selectFrom('auth_server').selectAll().execute()).map(authServerOf);
  const { organization, realm, application_id: applicationId, connected_at: connectedAt } = row;
  return {
    relayUrl: row.relay_url,
    issuer: row.issuer,
    publishAudience: row.publish_audience,
    metadata: relayMetadataSchema.parse(JSON.parse(row.metadata)),
    authServer: servers.find(({ isDefault }) => isDefault),
    relayServer: servers.find(({ name }) => name === relayAuthServer),
    organization: organization ?? undefined,
    enrolment:
      organization === null || realm === null || applicationId === null || connectedAt === null
        ? undefined
        : { organization, realm, applicationId, connectedAt },
  };
}

/**
 * Pins this relay for this organization. An enrolment at another issuer ends with it, for its ids mean nothing here;
 * so does another authorization server's being the default. At the same issuer an administrator's choice stays.
 */
export async function pinRelay(
  { db, clock }: Collaborators,
  {
    relayUrl,
    metadata,
    signingKeys,
    organization,
  }: { relayUrl: string; metadata: RelayMetadata; signingKeys: SigningKey[]; organization: string },
): Promise<void> {
  const now = clock.now();
  const pinned = {
    relay_url: relayUrl,
    issuer: metadata.issuer,
    publish_audience: metadata.publishAudience,
    metadata: JSON.stringify(metadata),
    organization,
    changed_at: now,
  };
  const { issuer, tokenEndpoint } = metadata;
  const server = {
    metadata_url: new URL(relayMetadataPath, relayUrl).href,
    ...pinnedColumns({ kind: 'relay', issuer, realm: null, tokenEndpoint, signingKeys }),
    changed_at: now,
    refreshed_at: now,
  };
  await db.transaction().execute(async transaction => {
    await refuseDuplicate(transaction, relayAuthServer, { issuer });
    const before = await transaction.selectFrom('relay_trust').select('issuer').executeTakeFirst();
    const elsewhere = before !== undefined && before.issuer !== issuer;
    const forgotten = elsewhere ? { realm: null, application_id: null, connected_at: null } : {};
    await transaction
      .insertInto('relay_trust')
      .values({ id: 1, ...pinned, realm: null, application_id: null, connected_at: null, created_at: now })
      .onConflict(conflict => conflict.column('id').doUpdateSet({ ...pinned, ...forgotten }))
      .execute();
    if (elsewhere) {
      await transaction.updateTable('auth_server').set({ is_default: 0 }).execute();
      await transaction
        .updateTable('certificate')
        .set({ registered_at: null, credential_ends_at: null })
        .execute();
    }
    const chosen = await transaction
      .selectFrom('auth_server')
      .where('is_default', '=', 1)
      .select('name')
      .executeTakeFirst();
    const isDefault = chosen === undefined || chosen.name === relayAuthServer ? 1 : 0;
    await transaction
      .insertInto('auth_server')
      .values({ name: relayAuthServer, ...server, is_default: isDefault, created_at: now })
      .onConflict(conflict => conflict.column('name').doUpdateSet({ ...server, is_default: isDefault }))
      .execute();
  });
}

/** Keeps what the pinned relay says about itself today; the pinned names stay. */
export async function storeMetadata(
  { db }: Pick<Collaborators, 'db'>,
  metadata: RelayMetadata,
): Promise<void> {
  await db
    .updateTable('relay_trust')
    .set({ metadata: JSON.stringify(metadata) })
    .where('issuer', '=', metadata.issuer)
    .execute();
}

export async function storeEnrolment(
  { db, clock }: Collaborators,
  {
    certificateId,
    realm,
    applicationId,
    credentialEndsAt,
  }: { certificateId: string; realm: string; applicationId: string; credentialEndsAt: number },
): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async transaction => {
    await transaction
      .updateTable('relay_trust')
      .set({ realm, application_id: applicationId, connected_at: now, changed_at: now })
      .execute();
    await transaction
      .updateTable('certificate')
      .set({ registered_at: now, credential_ends_at: credentialEndsAt })
      .where('id', '=', certificateId)
      .execute();
  });
}
