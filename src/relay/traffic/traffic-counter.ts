// Counts notifications by organization, app, provider and outcome, never by device: in memory, and every ten seconds
// into the table's five-minute buckets. A crash loses what was not written yet. Memory is bounded: of what callers name,
// only apps that this relay has are told apart, and what finds no room is dropped and reported.

import type { Kysely } from 'kysely';
import { softTransaction } from '../../database/soft-transaction.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RelaySchema, TrafficTable } from '../database/schema.ts';
import type { RelayEvent, RelayEvents } from '../events.ts';

export const bucketMs = 5 * 60_000;
/** In place of an organization: the sum of all, so that reading it costs the same however many there are. */
export const everyOrganization = '*';

const writeEveryMs = 10_000;
const keptMs = 30 * 86_400_000;
const rowsPerInsert = 500;
const rowsInMemory = 20_000;

export class TrafficCounter implements AsyncDisposable {
  readonly #db: Kysely<RelaySchema>;
  readonly #apps: ReadonlySet<string>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listening: Disposable;
  #timer: Timer | undefined;
  #counts = new Map<string, TrafficTable>();
  #dropped = 0;
  #writing: Promise<void> = Promise.resolve();
  #purgedFor = 0;

  constructor({
    db,
    events,
    apps,
    clock,
    logger,
  }: {
    db: Kysely<RelaySchema>;
    events: Pick<RelayEvents, 'listen'>;
    /** The ids of the apps that this relay has. */
    apps: ReadonlySet<string>;
    clock: Clock;
    logger: Logger;
  }) {
    this.#db = db;
    this.#apps = apps;
    this.#clock = clock;
    this.#logger = logger;
    this.#listening = events.listen(event => {
      if (event.kind === 'notification-outcome') this.#count(event);
    });
    this.#writeLater();
  }

  /** Writes what was counted so far. Never rejects: what could not be written stays counted. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#timer?.cancel();
    await this.write();
  }

  #count(event: Extract<RelayEvent, { kind: 'notification-outcome' }>): void {
    const { organizationId, appId = '', provider = '', outcome, reason } = event;
    const row = {
      bucket_at: Math.floor(this.#clock.now() / bucketMs) * bucketMs,
      app_id: this.#apps.has(appId) ? appId : '',
      provider,
      outcome: reason ?? outcome,
      notifications: 1,
    };
    this.#add({ ...row, organization_id: organizationId });
    this.#add({ ...row, organization_id: everyOrganization });
  }

  #add(row: TrafficTable): void {
    const { organization_id, bucket_at, app_id, provider, outcome } = row;
    const key = `${organization_id} ${bucket_at} ${app_id} ${provider} ${outcome}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.notifications += row.notifications;
    else if (this.#counts.size < rowsInMemory) this.#counts.set(key, row);
    else this.#dropped += row.notifications;
  }

  #writeLater(): void {
    this.#timer = this.#clock.after(
      writeEveryMs,
      () => {
        this.#writeLater();
        void this.write();
      },
      { background: true },
    );
  }

  async #write(): Promise<void> {
    if (this.#dropped > 0) {
      this.#logger.warn(
        { notifications: this.#dropped },
        'the traffic of some notifications was not counted',
      );
      this.#dropped = 0;
    }
    const rows = [...this.#counts.values()];
    this.#counts = new Map();
    try {
      if (rows.length > 0) await softTransaction(this.#db, transaction => addRows(transaction, rows));
      await this.#purge();
    } catch (error) {
      for (const row of rows) this.#add(row);
      this.#logger.error({ error: describeError(error) }, 'the traffic could not be written');
    }
  }

  /** Once a bucket. */
  async #purge(): Promise<void> {
    const bucket = Math.floor(this.#clock.now() / bucketMs);
    if (bucket === this.#purgedFor) return;
    await this.#db
      .deleteFrom('traffic')
      .where('bucket_at', '<', this.#clock.now() - keptMs)
      .execute();
    this.#purgedFor = bucket;
  }
}

async function addRows(db: Kysely<RelaySchema>, rows: readonly TrafficTable[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    await db
      .insertInto('traffic')
      .values(rows.slice(from, from + rowsPerInsert))
      .onConflict(conflict =>
        conflict
          .columns(['organization_id', 'bucket_at', 'app_id', 'provider', 'outcome'])
          .doUpdateSet(({ eb, ref }) => ({
            notifications: eb('traffic.notifications', '+', ref('excluded.notifications')),
          })),
      )
      .execute();
  }
}
