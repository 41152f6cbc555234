// The relay that this proxy trusts: pinned from its metadata when its URL is given, once, in `trust set-up`
// (table `relay_trust`, one row). A relay that later calls itself otherwise is not followed.

import type { Kysely } from 'kysely';
import { type RelayMetadata, relayMetadataPath, relayMetadataSchema } from '../../contract/relay-metadata.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxySchema } from '../database/schema.ts';

/** The authorization server that comes with the relay. */
const relayAuthServer = 'MailbadgeRelay';

export type Enrolment = { organization: string; realm: string; applicationId: string; connectedAt: number };

export type RelayPin = {
  relayUrl: string;
  issuer: string;
  tokenEndpoint: string;
  publishAudience: string;
  metadata: RelayMetadata;
  /** Whom this proxy works for, as `trust set-up` was told. */
  organization: string | undefined;
  /** What `trust connect` learned. */
  enrolment: Enrolment | undefined;
};

type Collaborators = { db: Kysely<ProxySchema>; clock: Clock };

export async function readRelayPin({ db }: Pick<Collaborators, 'db'>): Promise<RelayPin | undefined> {
  const row = await db
    .selectFrom('relay_trust')
    .innerJoin('auth_server', 'auth_server.is_default', 'relay_trust.id')
    .selectAll('relay_trust')
    .select('auth_server.token_endpoint')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { organization, realm, application_id: applicationId, connected_at: connectedAt } = row;
  return {
    relayUrl: row.relay_url,
    issuer: row.issuer,
    tokenEndpoint: row.token_endpoint,
    publishAudience: row.publish_audience,
    metadata: relayMetadataSchema.parse(JSON.parse(row.metadata)),
    organization: organization ?? undefined,
    enrolment:
      organization === null || realm === null || applicationId === null || connectedAt === null
        ? undefined
        : { organization, realm, applicationId, connectedAt },
  };
}

/** Pins this relay for this organization. An enrolment at another issuer ends with it: its ids mean nothing here. */
export async function pinRelay(
  { db, clock }: Collaborators,
  { relayUrl, metadata, organization }: { relayUrl: string; metadata: RelayMetadata; organization: string },
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
  await db.transaction().execute(async transaction => {
    const before = await transaction.selectFrom('relay_trust').select('issuer').executeTakeFirst();
    const elsewhere = before !== undefined && before.issuer !== metadata.issuer;
    const forgotten = elsewhere ? { realm: null, application_id: null, connected_at: null } : {};
    await transaction
      .insertInto('relay_trust')
      .values({ id: 1, ...pinned, realm: null, application_id: null, connected_at: null, created_at: now })
      .onConflict(conflict => conflict.column('id').doUpdateSet({ ...pinned, ...forgotten }))
      .execute();
    const server = {
      metadata_url: new URL(relayMetadataPath, relayUrl).href,
      kind: 'relay',
      issuer: metadata.issuer,
      token_endpoint: metadata.tokenEndpoint,
      is_default: 1,
      changed_at: now,
      refreshed_at: now,
    };
    await transaction.updateTable('auth_server').set({ is_default: 0 }).execute();
    await transaction
      .insertInto('auth_server')
      .values({ name: relayAuthServer, ...server, realm: null, signing_keys: '[]', created_at: now })
      .onConflict(conflict => conflict.column('name').doUpdateSet(server))
      .execute();
    if (elsewhere) await transaction.updateTable('certificate').set({ registered_at: null }).execute();
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
  { certificateId, realm, applicationId }: { certificateId: string; realm: string; applicationId: string },
): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async transaction => {
    await transaction
      .updateTable('relay_trust')
      .set({ realm, application_id: applicationId, connected_at: now, changed_at: now })
      .execute();
    await transaction
      .updateTable('certificate')
      .set({ registered_at: now })
      .where('id', '=', certificateId)
      .execute();
  });
}
