// Why the running proxy cannot rotate its certificates just now, kept for `proxy trust status` and the console.

import type { Kysely } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import type { RelayFailure } from './relay/relay-failure.ts';

export type RotationFailure = {
  failedAt: number;
  retryAt: number;
  code: string;
  message: string;
  hint: string;
};

export async function readRotationFailure(db: Kysely<ProxySchema>): Promise<RotationFailure | undefined> {
  const row = await db.selectFrom('certificate_rotation').selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  const { failed_at: failedAt, retry_at: retryAt, error_code: code, error: message, hint } = row;
  return { failedAt, retryAt, code, message, hint };
}

export async function storeRotationFailure(
  db: Kysely<ProxySchema>,
  { code, message, hint }: RelayFailure,
  { now, retryInMs }: { now: number; retryInMs: number },
): Promise<void> {
  const row = { failed_at: now, retry_at: now + retryInMs, error_code: code, error: message, hint };
  await db
    .insertInto('certificate_rotation')
    .values({ id: 1, ...row })
    .onConflict(conflict => conflict.column('id').doUpdateSet(row))
    .execute();
}

export async function clearRotationFailure(db: Kysely<ProxySchema>): Promise<void> {
  await db.deleteFrom('certificate_rotation').execute();
}
