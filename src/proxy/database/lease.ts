// The fence between two processes of one proxy. A process takes the next epoch when it starts; from that commit on an
// older one, stalled or forgotten, finds at its next transaction that its epoch is no longer current, and stops
// without having written anything. What it had already sent is covered by R4: its attempts block their icons.

import type { Kysely, Transaction } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import type { ProxySchema } from './schema.ts';

export class Lease {
  readonly #db: Kysely<ProxySchema>;
  #epoch = 0;

  constructor({ db }: { db: Kysely<ProxySchema> }) {
    this.#db = db;
  }

  /** 0 until taken. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Makes this process the only one that may write. */
  async take(): Promise<void> {
    const { lease_epoch } = await this.#db
      .updateTable('proxy_state')
      .set(row => ({ lease_epoch: row('lease_epoch', '+', 1) }))
      .where('id', '=', 1)
      .returning('lease_epoch')
      .executeTakeFirstOrThrow();
    this.#epoch = lease_epoch;
  }

  /** First statement of every transaction that publishes or stores counts. Throws `proxy-taken-over`. */
  async assertHeld(transaction: Transaction<ProxySchema>): Promise<void> {
    const { lease_epoch } = await transaction
      .selectFrom('proxy_state')
      .select('lease_epoch')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    if (lease_epoch === this.#epoch) return;
    throw new AppError('proxy-taken-over', 'another process of this proxy has taken over', {
      hint: 'run one "mailbadge proxy serve" per database; this one stops',
    });
  }
}
