// Which key credentials are live, by whom and from where: noted at most once a minute and credential, so that a busy
// proxy costs no write per request. What a proxy says of its version is kept, for administrators to read; nothing is
// decided by it.

import type { Kysely } from 'kysely';
import { proxyVersionOf } from '../../contract/versions.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RelaySchema } from '../database/schema.ts';

const everyMs = 60_000;
const remembered = 10_000;

export class CredentialUses {
  readonly #db: Kysely<RelaySchema>;
  readonly #clock: Clock;
  /** When each was noted last, on the monotonic clock; the oldest first. */
  readonly #noted = new Map<string, number>();

  constructor({ db, clock }: { db: Kysely<RelaySchema>; clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  async note(
    keyId: string,
    { userAgent, address }: { userAgent: string | undefined; address: string },
  ): Promise<void> {
    const noted = this.#noted.get(keyId);
    const monotonic = this.#clock.monotonic();
    if (noted !== undefined && monotonic - noted < everyMs) return;
    this.#remember(keyId, monotonic);
    await this.#db
      .updateTable('key_credential')
      .set({
        last_used_at: this.#clock.now(),
        last_version: proxyVersionOf(userAgent) ?? null,
        last_address: address,
      })
      .where('id', '=', keyId)
      .execute();
  }

  #remember(keyId: string, monotonic: number): void {
    this.#noted.delete(keyId);
    this.#noted.set(keyId, monotonic);
    if (this.#noted.size <= remembered) return;
    const [oldest] = this.#noted.keys();
    if (oldest !== undefined) this.#noted.delete(oldest);
  }
}
