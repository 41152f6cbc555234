// Finds the session of a token in a cookie, and changes the token once a day (session-rotation.ts says when).

import type { Kysely, Selectable } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { Random } from '../../../runtime/random.ts';
import { Secret, type SecretBox } from '../../../runtime/secrets.ts';
import type { ProxySchema, SessionTable } from '../../database/schema.ts';
import type { DeviceSession } from '../device-app.ts';
import { familyOf, hashOf, judgeToken, newCookieToken } from './session-rotation.ts';
import { type DeviceOfMailbox, isLive, lastSeenEveryMs, sessionOf } from './sessions.ts';

export type CookieUse =
  /** `newToken`: what the browser should have from now on. */
  | { kind: 'live'; session: DeviceSession; newToken?: Secret }
  /** `device`: whose session must end; undefined when it has ended for this reason before. */
  | { kind: 'stolen'; device: DeviceOfMailbox | undefined }
  | { kind: 'unknown' };

type SessionRow = Selectable<SessionTable>;

export type CookieTokensOptions = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  /** Seals a new token until it has arrived. */
  secrets: SecretBox;
};

export class CookieTokens {
  readonly #options: CookieTokensOptions;

  constructor(options: CookieTokensOptions) {
    this.#options = options;
  }

  async find(token: string): Promise<CookieUse> {
    const { db, clock, secrets } = this.#options;
    const family = familyOf(token);
    if (family === undefined) return { kind: 'unknown' };
    for (;;) {
      const row = await db
        .selectFrom('session')
        .selectAll()
        .where('family_hash', '=', hashOf(family))
        .executeTakeFirst();
      if (row === undefined) return { kind: 'unknown' };
      const session = sessionOf(row);
      if (row.ended_reason === 'stolen') return { kind: 'stolen', device: undefined };
      const now = clock.now();
      if (!isLive(row, now)) return { kind: 'unknown' };
      switch (judgeToken(row, hashOf(token), now)) {
        case 'good':
          if (now - row.last_seen_at >= lastSeenEveryMs) await this.#change(row, { last_seen_at: now });
          return { kind: 'live', session };
        case 'arrived':
          await this.#change(row, { sealed_token: null, rotation_used_at: now, last_seen_at: now });
          return { kind: 'live', session };
        case 'repeat':
          return {
            kind: 'live',
            session,
            newToken: secrets.open(purposeOf(family), row.sealed_token ?? ''),
          };
        case 'due': {
          const newToken = await this.#rotate(row, family, now);
          if (newToken !== undefined) return { kind: 'live', session, newToken };
          break; // another request of this browser was faster: look again, and give what that one gave
        }
        case 'stolen':
          return { kind: 'stolen', device: session };
      }
    }
  }

  async #rotate(row: SessionRow, family: string, now: number): Promise<Secret | undefined> {
    const { random, secrets } = this.#options;
    const token = newCookieToken(random, family);
    const changed = await this.#change(row, {
      token_hash: hashOf(token),
      previous_token_hash: row.token_hash,
      sealed_token: secrets.seal(purposeOf(family), token),
      rotated_at: now,
      rotation_used_at: null,
      last_seen_at: now,
    });
    return changed ? new Secret(token) : undefined;
  }

  /** False when the token, or the session, has changed meanwhile. */
  async #change(row: SessionRow, set: Partial<SessionTable>): Promise<boolean> {
    const { numUpdatedRows } = await this.#options.db
      .updateTable('session')
      .set(set)
      .where('token_hash', '=', row.token_hash)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}

/** A sealed token opens for no other session. */
function purposeOf(family: string): string {
  return `session-token:${hashOf(family)}`;
}
