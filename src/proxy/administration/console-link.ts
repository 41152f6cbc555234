// `proxy console`: a one-time link to the console of the running proxy. Whoever may read the proxy's files may
// administer it; the link proves that to a browser. Its token stands in the fragment, which no server and no log sees;
// the database holds its SHA-256 only.

import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { listNodes } from '../nodes/list-nodes.ts';

const linkLifetimeMs = 10 * 60_000;

export type ConsoleLink = { url: string; expiresAt: number };

/** Throws `proxy-not-running` when nobody serves a console on this machine. */
export async function makeConsoleLink(
  config: ProxyConfig,
  { clock, random, hostName = hostname() }: { clock: Clock; random: Random; hostName?: string },
): Promise<ConsoleLink> {
  await using database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  if (!config.console.enabled) {
    throw new AppError('config-invalid', 'the console is turned off', {
      hint: 'set console.enabled: true and start the proxy again',
    });
  }
  const running = (await listNodes(db, clock)).filter(({ state }) => state === 'running');
  // Its listener is on loopback: only the one of this machine can be reached.
  const consoleUrl = running.find(({ name }) => name === hostName)?.consoleUrl ?? null;
  if (consoleUrl === null) {
    const elsewhere = running.map(({ name }) => name).join(', ');
    throw new AppError('proxy-not-running', 'no proxy serves a console on this machine', {
      hint:
        elsewhere === ''
          ? 'start it: "mailbadge proxy serve"'
          : `one runs on ${elsewhere}: run "mailbadge proxy console" there`,
    });
  }
  const token = random.bytes(32).toString('base64url');
  const now = clock.now();
  const expiresAt = now + linkLifetimeMs;
  await db.deleteFrom('console_link').where('expires_at', '<=', now).execute();
  await db
    .insertInto('console_link')
    .values({ token_hash: tokenHash(token), created_at: now, expires_at: expiresAt, used_at: null })
    .execute();
  return { url: `${consoleUrl}/#token=${token}`, expiresAt };
}

/** True once for each link, within its time. */
export async function redeemConsoleLink(
  db: Kysely<ProxySchema>,
  token: string,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable('console_link')
    .set({ used_at: now })
    .where('token_hash', '=', tokenHash(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
