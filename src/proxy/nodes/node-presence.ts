// This process in the table of nodes: from its start, renewed every ten seconds, until its clean stop. Whoever takes
// over a name takes over the row; an older process that still runs finds that it is no longer its own.

import type { Kysely } from 'kysely';
import { version } from '../../contract/versions.ts';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ProxySchema } from '../database/schema.ts';

const heartbeatMs = 10_000;
/** Three heartbeats missed. */
export const silentAfterMs = 3 * heartbeatMs + 5000;
/** Names come and go where each start of a container has its own. */
const forgetAfterMs = 30 * 86_400_000;

export type NodePresenceOptions = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  logger: Logger;
  /** The host's. */
  name: string;
  processId: number;
  consoleUrl?: string | undefined;
};

export class NodePresence implements AsyncDisposable {
  readonly #options: NodePresenceOptions;
  #startedAt: number | undefined;
  #timer: Timer | undefined;

  constructor(options: NodePresenceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { db, clock, name, processId, consoleUrl } = this.#options;
    const now = clock.now();
    const row = {
      version,
      process_id: processId,
      console_url: consoleUrl ?? null,
      started_at: now,
      seen_at: now,
      stopped_at: null,
    };
    await db
      .insertInto('node')
      .values({ name, ...row })
      .onConflict(conflict => conflict.column('name').doUpdateSet(row))
      .execute();
    await db
      .deleteFrom('node')
      .where('seen_at', '<', now - forgetAfterMs)
      .execute();
    this.#startedAt = now;
    this.#renewLater();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    if (this.#startedAt === undefined) return;
    const now = this.#options.clock.now();
    await this.#update({ seen_at: now, stopped_at: now });
  }

  #renewLater(): void {
    const { clock, logger } = this.#options;
    this.#timer = clock.after(
      heartbeatMs,
      () => {
        this.#update({ seen_at: clock.now() }).catch(error =>
          logger.warn({ error: describeError(error) }, 'the heartbeat was not stored'),
        );
        this.#renewLater();
      },
      { background: true },
    );
  }

  async #update(set: { seen_at: number; stopped_at?: number }): Promise<void> {
    const { db, name, processId } = this.#options;
    await softTransaction(db, transaction =>
      transaction
        .updateTable('node')
        .set(set)
        .where('name', '=', name)
        .where('process_id', '=', processId)
        .where('started_at', '=', this.#startedAt ?? -1)
        .execute(),
    );
  }
}
