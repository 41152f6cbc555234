// Sessions of the console: a token of 256 bits in a cookie, of which only the SHA-256 is stored. A session ends after
// eight hours, after one hour without a request, and when it is closed. It is always the server that makes the token:
// one that a browser brings along opens nothing.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { redeemConsoleLink, tokenHash } from '../administration/console-link.ts';
import type { ProxySchema } from '../database/schema.ts';

export const sessionLifetimeMs = 8 * 3_600_000;
const idleMs = 3_600_000;
const lastSeenEveryMs = 60_000;

export class ConsoleSessions {
  readonly #db: Kysely<ProxySchema>;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ db, clock, random }: { db: Kysely<ProxySchema>; clock: Clock; random: Random }) {
    this.#db = db;
    this.#clock = clock;
    this.#random = random;
  }

  /** The session's token; undefined when the link is unknown, used or too old. */
  async open(linkToken: string): Promise<string | undefined> {
    const now = this.#clock.now();
    if (!(await redeemConsoleLink(this.#db, linkToken, now))) return undefined;
    const token = this.#random.bytes(32).toString('base64url');
    await this.#db
      .deleteFrom('console_session')
      .where(({ or, eb }) => or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', now - idleMs)]))
      .execute();
    await this.#db
      .insertInto('console_session')
      .values({
        token_hash: tokenHash(token),
        created_at: now,
        last_seen_at: now,
        expires_at: now + sessionLifetimeMs,
      })
      .execute();
    return token;
  }

  /** Whether it is, now; being asked keeps it from going idle. */
  async isOpen(token: string): Promise<boolean> {
    const now = this.#clock.now();
    const hash = tokenHash(token);
    const row = await this.#db
      .selectFrom('console_session')
      .select('last_seen_at')
      .where('token_hash', '=', hash)
      .where('expires_at', '>', now)
      .where('last_seen_at', '>', now - idleMs)
      .executeTakeFirst();
    if (row === undefined) return false;
    if (now - row.last_seen_at >= lastSeenEveryMs) {
      await this.#db
        .updateTable('console_session')
        .set({ last_seen_at: now })
        .where('token_hash', '=', hash)
        .execute();
    }
    return true;
  }

  async close(token: string): Promise<void> {
    await this.#db.deleteFrom('console_session').where('token_hash', '=', tokenHash(token)).execute();
  }
}
