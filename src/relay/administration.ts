// What an operator does to a relay from the command line, on the database that a running relay uses: it notices
// the change within a second.

import { targetIdSchema } from '../contract/identifiers.ts';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrator.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { RelayConfig } from './config.ts';
import { relayMigrations } from './database/migrations.ts';
import type { RelaySchema } from './database/schema.ts';
import type { EnrolmentCode } from './organizations/enrolment-codes.ts';
import {
  type KeyCredential,
  keyCredentialsOf,
  revokeKeyCredential,
} from './organizations/key-credentials.ts';
import {
  addOrganization,
  deactivateOrganization,
  listOrganizations,
  newEnrolmentCode,
  type Organization,
  organizationByDomain,
  raiseSealEpoch,
  reactivateOrganization,
} from './organizations/organizations.ts';

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
  /** False when it was denied before. */
  denyTarget(targetId: string, reason: string): Promise<boolean>;
};

export async function openRelayAdministration(
  config: Pick<RelayConfig, 'database'>,
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
