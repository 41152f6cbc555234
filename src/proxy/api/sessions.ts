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
import type { ProxySchema } from '../database/schema.ts';
import type { DeviceEnv, DeviceSession } from './device-app.ts';

export const sessionLifetimeMs = 90 * 86_400_000;
const lastSeenEveryMs = 60_000;
/** Ended sessions stay this long: their installations still count as known to the mailbox. */
const keepEndedMs = sessionLifetimeMs;

type EndReason = 'signed-out' | 'device-removed';

export type ListedSession = {
  installationId: string;
  deviceName: string | null;
  signedInAt: number;
  lastSeenAt: number;
  live: boolean;
};

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
      await transaction
        .deleteFrom('session')
        .where('mailbox_id', '=', mailboxId)
        .where('installation_id', '=', installationId)
        .execute();
      const others = await transaction
        .selectFrom('session')
        .select('token_hash')
        .where('mailbox_id', '=', mailboxId)
        .orderBy(({ eb }) => eb('ended_at', 'is', null), 'desc')
        .orderBy('last_seen_at', 'desc')
        .execute();
      const tooMany = others.slice(this.#perMailbox - 1).map(row => row.token_hash);
      if (tooMany.length > 0) {
        await transaction.deleteFrom('session').where('token_hash', 'in', tooMany).execute();
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
          sent_in: 'body',
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
    await this.#end('signed-out').where('token_hash', '=', tokenHash).execute();
  }

  #end(reason: EndReason) {
    return this.#db
      .updateTable('session')
      .set({ ended_at: this.#clock.now(), ended_reason: reason })
      .where('ended_at', 'is', null);
  }

  /** Ends the session that an installation has with this mailbox. */
  async endDevice(mailboxId: string, installationId: string): Promise<void> {
    await this.#end('device-removed')
      .where('mailbox_id', '=', mailboxId)
      .where('installation_id', '=', installationId)
      .execute();
  }

  /** The mailbox's sessions, the one seen last first. */
  async list(mailboxId: string): Promise<ListedSession[]> {
    const now = this.#clock.now();
    const rows = await this.#db
      .selectFrom('session')
      .selectAll()
      .where('mailbox_id', '=', mailboxId)
      .orderBy('last_seen_at', 'desc')
      .execute();
    return rows.map(row => ({
      installationId: row.installation_id,
      deviceName: row.device_name,
      signedInAt: row.created_at,
      lastSeenAt: row.last_seen_at,
      live: row.ended_at === null && row.expires_at > now,
    }));
  }

  /** Whether the installation has been signed in to the mailbox before, and was not removed by its owner. */
  async knows(mailboxId: string, installationId: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('session')
      .select('ended_reason')
      .where('mailbox_id', '=', mailboxId)
      .where('installation_id', '=', installationId)
      .executeTakeFirst();
    return row !== undefined && row.ended_reason !== 'device-removed';
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
