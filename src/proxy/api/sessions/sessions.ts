// Sessions of devices: a token of 256 bits, of which only the SHA-256 is stored, so that a copy of the database signs
// nobody in. A native app keeps it and sends it as a bearer token; a web app has it in a cookie, where it changes every
// day (cookie-tokens.ts). A session ends after 90 days, when the mailbox's credential must be proven again; when the
// person signs out or removes the device; when the same installation signs in anew; and when its token was stolen.
// A mailbox has a bounded number of sessions: the one that was seen longest ago makes room.

import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { Random } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';
import type { ProxySchema, SessionTable } from '../../database/schema.ts';
import type { DeviceSession } from '../device-app.ts';
import { familyOf, hashOf, newCookieToken } from './session-rotation.ts';

export const sessionLifetimeMs = 90 * 86_400_000;
export const lastSeenEveryMs = 60_000;
/** Ended sessions stay this long: their installations still count as known to the mailbox. */
const keepEndedMs = sessionLifetimeMs;

export type SentIn = 'body' | 'cookie';

type EndReason = 'signed-out' | 'device-removed' | 'stolen';

/** There is one session for each. */
export type DeviceOfMailbox = { mailboxId: string; installationId: string };

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

  /** Within the transaction that makes the mailbox's row, when it does not stand yet. */
  async open(
    {
      mailboxId,
      installationId,
      deviceName,
      sentIn,
    }: DeviceOfMailbox & { deviceName: string | undefined; sentIn: SentIn },
    within?: Transaction<ProxySchema>,
  ): Promise<{ token: Secret; expiresAt: number }> {
    const token =
      sentIn === 'cookie' ? newCookieToken(this.#random) : this.#random.bytes(32).toString('base64url');
    const family = familyOf(token);
    const now = this.#clock.now();
    const expiresAt = now + sessionLifetimeMs;
    const write = async (transaction: Transaction<ProxySchema>): Promise<void> => {
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
          device_name: deviceName || null,
          created_at: now,
          last_seen_at: now,
          expires_at: expiresAt,
          ended_at: null,
          ended_reason: null,
          sent_in: sentIn,
          family_hash: family === undefined ? null : hashOf(family),
        })
        .execute();
    };
    await (within === undefined ? this.#db.transaction().execute(write) : write(within));
    return { token: new Secret(token), expiresAt };
  }

  /** The session of a bearer token; undefined when it never was, has ended or is over. */
  async find(token: string): Promise<DeviceSession | undefined> {
    const row = await this.#db
      .selectFrom('session')
      .selectAll()
      .where('token_hash', '=', hashOf(token))
      .where('sent_in', '=', 'body')
      .executeTakeFirst();
    if (row === undefined || !isLive(row, this.#clock.now())) return undefined;
    if (this.#clock.now() - row.last_seen_at >= lastSeenEveryMs) {
      await this.#db
        .updateTable('session')
        .set({ last_seen_at: this.#clock.now() })
        .where('token_hash', '=', row.token_hash)
        .execute();
    }
    return sessionOf(row);
  }

  /** Ends the session that an installation has with this mailbox. */
  async end({ mailboxId, installationId }: DeviceOfMailbox, reason: EndReason): Promise<void> {
    await this.#db
      .updateTable('session')
      .set({ ended_at: this.#clock.now(), ended_reason: reason, sealed_token: null })
      .where('mailbox_id', '=', mailboxId)
      .where('installation_id', '=', installationId)
      .where('ended_at', 'is', null)
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
      live: isLive(row, now),
    }));
  }

  /** Whether the installation was signed in to the mailbox before, and neither removed by its owner nor stolen. */
  async knows({ mailboxId, installationId }: DeviceOfMailbox): Promise<boolean> {
    const row = await this.#db
      .selectFrom('session')
      .select('ended_reason')
      .where('mailbox_id', '=', mailboxId)
      .where('installation_id', '=', installationId)
      .executeTakeFirst();
    return row !== undefined && (row.ended_reason === null || row.ended_reason === 'signed-out');
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

export function isLive({ ended_at, expires_at }: Selectable<SessionTable>, now: number): boolean {
  return ended_at === null && expires_at > now;
}

export function sessionOf(row: Selectable<SessionTable>): DeviceSession {
  return { mailboxId: row.mailbox_id, installationId: row.installation_id, expiresAt: row.expires_at };
}
