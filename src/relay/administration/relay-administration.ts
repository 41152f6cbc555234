// What an operator does to a relay from the command line, on the database that a running relay uses: it notices
// the change within a second.

import type { Kysely } from 'kysely';
import { targetIdSchema } from '../../contract/identifiers.ts';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { openKeyFile } from '../../runtime/secrets.ts';
import type { RelayConfig } from '../config.ts';
import { relayMigrations } from '../database/migrations.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { EnrolmentCode } from '../organizations/enrolment-codes.ts';
import {
  type KeyCredential,
  keyCredentialsOf,
  revokeKeyCredential,
} from '../organizations/key-credentials.ts';
import {
  addOrganization,
  deactivateOrganization,
  listOrganizations,
  newEnrolmentCode,
  type Organization,
  organizationByDomain,
  raiseSealEpoch,
  reactivateOrganization,
} from '../organizations/organizations.ts';
import { ServiceKeys } from '../service-keys.ts';

export type RelayKey = { id: string; purpose: string; createdAt: number; retiredAt: number | null };

/** The others have no successor: a device's id and its Web Push subscription depend on the very key. */
const rotatable = ['seal', 'token-signing'] as const;

type WithCode = { organization: Organization; enrolment: EnrolmentCode };

export type RelayAdministration = AsyncDisposable & {
  addOrganization(domain: string): Promise<WithCode>;
  newEnrolmentCode(domain: string): Promise<WithCode>;
  listOrganizations(): Promise<Organization[]>;
  organization(domain: string): Promise<Organization>;
  deactivateOrganization(domain: string, reason: string): Promise<Organization>;
  reactivateOrganization(domain: string): Promise<Organization>;
  /** Makes every sealed target of the organization unusable. */
  revokeTargets(domain: string): Promise<Organization>;
  credentials(domain: string): Promise<KeyCredential[]>;
  revokeCredential(keyId: string, reason: string): Promise<KeyCredential>;
  /** The relay's own keys, newest first; never the keys themselves. */
  keys(): Promise<RelayKey[]>;
  /** Puts a new key in front of its ring; what older ones sealed or signed stays good. */
  rotateKey(purpose: string): Promise<RelayKey[]>;
  /** False when it was denied before. */
  denyTarget(targetId: string, reason: string): Promise<boolean>;
};

export async function openRelayAdministration(
  config: Pick<RelayConfig, 'database' | 'key_file'>,
  { clock, random }: { clock: Clock; random: Random },
): Promise<RelayAdministration> {
  const database = openDatabase<RelaySchema>(config.database, { clock });
  const { db } = database;
  try {
    await migrate(db, relayMigrations);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return {
    addOrganization: domain => addOrganization(db, domain, { clock, random }),
    newEnrolmentCode: domain => newEnrolmentCode(db, domain, { clock, random }),
    listOrganizations: () => listOrganizations(db),
    organization: domain => organizationByDomain(db, domain),
    deactivateOrganization: (domain, reason) =>
      deactivateOrganization(db, domain, { reason, now: clock.now() }),
    reactivateOrganization: domain => reactivateOrganization(db, domain),
    revokeTargets: domain => raiseSealEpoch(db, domain),
    credentials: async domain => keyCredentialsOf(db, (await organizationByDomain(db, domain)).applicationId),
    revokeCredential: (keyId, reason) => revokeKeyCredential(db, keyId, { reason, now: clock.now() }),
    keys: () => listKeys(db),
    async rotateKey(text) {
      const purpose = rotatable.find(name => name === text);
      if (purpose === undefined) {
        throw new AppError('usage', `"${text}" is no key that can be rotated`, {
          hint: `rotate ${rotatable.join(' or ')}`,
        });
      }
      const keys = await ServiceKeys.open({ db, box: openKeyFile(config.key_file, random), clock, random });
      await keys.rotate(purpose);
      return (await listKeys(db)).filter(key => key.purpose === purpose);
    },
    async denyTarget(text, reason) {
      const targetId = targetIdSchema.safeParse(text);
      if (!targetId.success) {
        throw new AppError('usage', 'a target id has 43 base64url characters', {
          hint: 'the relay’s log names it as targetId',
        });
      }
      const result = await db
        .insertInto('denied_target')
        .values({ target_id: targetId.data, reason, created_at: clock.now() })
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function listKeys(db: Kysely<RelaySchema>): Promise<RelayKey[]> {
  const rows = await db
    .selectFrom('service_key')
    .select(['id', 'purpose', 'created_at', 'retired_at'])
    .orderBy('purpose')
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(row => ({
    id: row.id,
    purpose: row.purpose,
    createdAt: row.created_at,
    retiredAt: row.retired_at,
  }));
}
