// The relay's own keys and the devices that it refuses, as its operator sees and changes them.

import type { Kysely } from 'kysely';
import { targetIdSchema } from '../../contract/identifiers.ts';
import { AppError } from '../../runtime/errors.ts';
import { openKeyFile } from '../../runtime/secrets.ts';
import { recordAudit } from '../administrators/audit-log.ts';
import type { RelaySchema } from '../database/schema.ts';
import { ServiceKeys } from '../service-keys.ts';
import type { AdministrationContext } from './administration-context.ts';

export type RelayKey = { id: string; purpose: string; createdAt: number; retiredAt: number | null };

/** The others have no successor: a device's id and its Web Push subscription depend on the very key. */
export const rotatableKeys = ['seal', 'token-signing'] as const;

export type KeysAdministration = {
  /** The relay's own keys, newest first; never the keys themselves. */
  keys(): Promise<RelayKey[]>;
  /** Puts a new key in front of its ring; what older ones sealed or signed stays good. */
  rotateKey(purpose: string): Promise<RelayKey[]>;
  /** False when it was denied before. */
  denyTarget(targetId: string, reason: string): Promise<boolean>;
};

export function keysAdministration({
  db,
  config,
  clock,
  random,
  actor,
}: AdministrationContext): KeysAdministration {
  return {
    keys: () => listKeys(db),
    async rotateKey(text) {
      const purpose = rotatableKeys.find(name => name === text);
      if (purpose === undefined) {
        throw new AppError('usage', `"${text}" is no key that can be rotated`, {
          hint: `rotate ${rotatableKeys.join(' or ')}`,
        });
      }
      const keys = await ServiceKeys.open({ db, box: openKeyFile(config.key_file, random), clock, random });
      const written = { ...actor, at: clock.now(), organizationId: null, subject: purpose };
      await keys.rotate(purpose, transaction =>
        recordAudit(transaction, { ...written, action: 'key.rotate' }),
      );
      return (await listKeys(db)).filter(key => key.purpose === purpose);
    },
    async denyTarget(text, reason) {
      const targetId = targetIdSchema.safeParse(text);
      if (!targetId.success) {
        throw new AppError('usage', 'a target id has 43 base64url characters', {
          hint: 'the relay’s log names it as targetId',
        });
      }
      const at = clock.now();
      return db.transaction().execute(async transaction => {
        const result = await transaction
          .insertInto('denied_target')
          .values({ target_id: targetId.data, reason, created_at: at })
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirst();
        if (result.numInsertedOrUpdatedRows !== 1n) return false;
        await recordAudit(transaction, {
          ...actor,
          at,
          organizationId: null,
          action: 'target.deny',
          subject: targetId.data,
          detail: { reason },
        });
        return true;
      });
    },
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
