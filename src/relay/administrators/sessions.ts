// The consoles' sessions. The token (256 random bits) is the browser's alone: the database has its hash. A session
// ends an hour after it was last used, twelve hours after it began, and with its account. Every sign-in and every
// change of rights makes a new token, so nobody can plant one (session fixation).

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Random } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secrets.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type Administrator, administratorById } from './administrators.ts';

export const sessionLifetimeMs = 12 * 3_600_000;
export const sessionIdleMs = 3_600_000;
/** A session in use is written down once in this time, not at every request. */
const touchEveryMs = 60_000;
const longestUserAgent = 200;

export type SessionOrigin = { address: string; userAgent: string | null };

export type Session = {
  tokenHash: string;
  administrator: Administrator;
  createdAt: number;
  expiresAt: number;
};

export async function openSession(
  db: Kysely<RelaySchema>,
  administratorId: string,
  { address, userAgent }: SessionOrigin,
  { now, random }: { now: number; random: Random },
): Promise<Secret> {
  const token = random.bytes(32).toString('base64url');
  await db
    .insertInto('administrator_session')
    .values({
      token_hash: hashOf(token),
      administrator_id: administratorId,
      created_at: now,
      last_seen_at: now,
      expires_at: now + sessionLifetimeMs,
      address,
      user_agent: userAgent === null ? null : userAgent.slice(0, longestUserAgent),
    })
    .execute();
  return new Secret(token);
}

/** Undefined when it is unknown, has ended, or its account is disabled. Using it keeps it from idling. */
export async function useSession(
  db: Kysely<RelaySchema>,
  token: string,
  now: number,
): Promise<Session | undefined> {
  const tokenHash = hashOf(token);
  const row = await db
    .selectFrom('administrator_session')
    .select(['administrator_id', 'created_at', 'last_seen_at', 'expires_at'])
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', now - sessionIdleMs)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const administrator = await administratorById(db, row.administrator_id);
  if (administrator === undefined || administrator.disabledAt !== null) return undefined;
  if (row.last_seen_at <= now - touchEveryMs) {
    await db
      .updateTable('administrator_session')
      .set({ last_seen_at: now })
      .where('token_hash', '=', tokenHash)
      .execute();
  }
  return { tokenHash, administrator, createdAt: row.created_at, expiresAt: row.expires_at };
}

/** The same session under a new token, for a change of rights; undefined when it has ended meanwhile. */
export async function renewSession(
  db: Kysely<RelaySchema>,
  tokenHash: string,
  random: Random,
): Promise<Secret | undefined> {
  const token = random.bytes(32).toString('base64url');
  const renewed = await db
    .updateTable('administrator_session')
    .set({ token_hash: hashOf(token) })
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return renewed.numUpdatedRows === 1n ? new Secret(token) : undefined;
}

export async function endSession(db: Kysely<RelaySchema>, tokenHash: string): Promise<void> {
  await db.deleteFrom('administrator_session').where('token_hash', '=', tokenHash).execute();
}

/** Forgets those that have ended; returns how many. */
export async function purgeSessions(db: Kysely<RelaySchema>, now: number): Promise<number> {
  const result = await db
    .deleteFrom('administrator_session')
    .where(({ or, eb }) => or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', now - sessionIdleMs)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
