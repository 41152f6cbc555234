// Sessions of devices: a bearer token of 256 bits, of which only the SHA-256 is stored, so that a copy of the
// database signs nobody in. A session ends after 90 days, when the mailbox's credential must be proven again; when
// the person signs out or removes the device; and when the same installation signs in anew.
// A mailbox has a bounded number of sessions: the one that was seen longest ago makes room.

import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema, SessionTable } from '../database/schema.ts';
import type { DeviceEnv, DeviceSession } from './device-app.ts';

export const sessionLifetimeMs = 90 * 86_400_000;
const lastSeenEveryMs = 60_000;
/** Ended sessions stay this long: their installations still count as known to the mailbox. */
const keepEndedMs = 90 * 86_400_000;

export type SessionEndReason = 'signed-out' | 'device-removed' | 'replaced' | 'too-many';

export class Sessions {
  readonly #db: Kysely<ProxySchema>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #perMailbox: number;

  constructor({
    db,
    clock,
    random,
    perMailbox = 50,
  }: {
    db: Kysely<ProxySchema>;
    clock: Clock;
    random: Random;
    perMailbox?: number;
  }) {
    this.#db = db;
    this.#clock = clock;
    this.#random = random;
    this.#perMailbox = perMailbox;
  }

  async open({
    mailboxId,
    installationId,
    deviceName,
  }: {
    mailboxId: string;
    installationId: string;
    deviceName: string | undefined;
  }): Promise<{ token: string; expiresAt: number }> {
    const token = this.#random.bytes(32).toString('base64url');
    const now = this.#clock.now();
    const expiresAt = now + sessionLifetimeMs;
    await this.#db.transaction().execute(async transaction => {
      await endSessions(transaction, now, 'replaced', { mailboxId, installationId });
      const live = await transaction
        .selectFrom('session')
        .select('token_hash')
        .where('mailbox_id', '=', mailboxId)
        .where('ended_at', 'is', null)
        .orderBy('last_seen_at', 'desc')
        .execute();
      for (const { token_hash } of live.slice(this.#perMailbox - 1)) {
        await endSessions(transaction, now, 'too-many', { tokenHash: token_hash });
      }
      await transaction
        .insertInto('session')
        .values({
          token_hash: hashOf(token),
          mailbox_id: mailboxId,
          installation_id: installationId,
          device_name: deviceName ?? null,
          created_at: now,
          last_seen_at: now,
          expires_at: expiresAt,
          ended_at: null,
          ended_reason: null,
        })
        .execute();
    });
    return { token, expiresAt };
  }

  /** The session of a bearer token; undefined when it never was, has ended or is over. */
  async find(token: string): Promise<DeviceSession | undefined> {
    const now = this.#clock.now();
    const row = await this.#db
      .selectFrom('session')
      .selectAll()
      .where('token_hash', '=', hashOf(token))
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (now - row.last_seen_at >= lastSeenEveryMs) {
      await this.#db
        .updateTable('session')
        .set({ last_seen_at: now })
        .where('token_hash', '=', row.token_hash)
        .execute();
    }
    return {
      tokenHash: row.token_hash,
      mailboxId: row.mailbox_id,
      installationId: row.installation_id,
    };
  }

  async end(tokenHash: string): Promise<void> {
    await endSessions(this.#db, this.#clock.now(), 'signed-out', { tokenHash });
  }

  /** Ends the sessions that an installation has with this mailbox. */
  async endDevice(mailboxId: string, installationId: string): Promise<void> {
    await endSessions(this.#db, this.#clock.now(), 'device-removed', { mailboxId, installationId });
  }

  /** The mailbox's live sessions, the one seen last first. */
  async list(mailboxId: string): Promise<SessionTable[]> {
    return await this.#db
      .selectFrom('session')
      .selectAll()
      .where('mailbox_id', '=', mailboxId)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', this.#clock.now())
      .orderBy('last_seen_at', 'desc')
      .execute();
  }

  /** Whether the installation has been signed in to the mailbox before, and was not removed by its owner. */
  async knows(mailboxId: string, installationId: string): Promise<boolean> {
    const rows = await this.#db
      .selectFrom('session')
      .select('ended_reason')
      .where('mailbox_id', '=', mailboxId)
      .where('installation_id', '=', installationId)
      .execute();
    return rows.length > 0 && rows.every(row => row.ended_reason !== 'device-removed');
  }

  /** Deletes what ended long ago. */
  async purge(): Promise<void> {
    const before = this.#clock.now() - keepEndedMs;
    await this.#db
      .deleteFrom('session')
      .where(where => where.or([where('ended_at', '<', before), where('expires_at', '<', before)]))
      .execute();
  }
}

async function endSessions(
  db: Kysely<ProxySchema>,
  now: number,
  reason: SessionEndReason,
  which: { tokenHash: string } | { mailboxId: string; installationId: string },
): Promise<void> {
  const update = db
    .updateTable('session')
    .set({ ended_at: now, ended_reason: reason })
    .where('ended_at', 'is', null);
  await ('tokenHash' in which
    ? update.where('token_hash', '=', which.tokenHash)
    : update.where('mailbox_id', '=', which.mailboxId).where('installation_id', '=', which.installationId)
  ).execute();
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Lets a request pass only with a live session, and puts the session into its context. */
export function requireSession(sessions: Sessions): MiddlewareHandler<DeviceEnv> {
  return async (context, next) => {
    const header = context.req.header('authorization');
    if (header === undefined) {
      throw new AppError('session-missing', 'this operation needs a session', {
        hint: 'sign in with POST /v1/sessions and send "Authorization: Bearer <session>"',
      });
    }
    const token = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(header)?.[1]; // RFC 6750 §2.1
    const session = token === undefined ? undefined : await sessions.find(token);
    if (session === undefined) {
      throw new AppError('session-invalid', 'the session has ended or never was', {
        hint: 'sign in again: a session ends after 90 days, when its person signs out or removes the device',
      });
    }
    context.set('session', session);
    await next();
  };
}
