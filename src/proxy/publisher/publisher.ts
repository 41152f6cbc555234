// wanted ≠ shown ⇒ publish.

import type { Kysely } from 'kysely';
import type { BadgePayload } from '../../contract/badge-payload.ts';
import type { WebPushKeys } from '../../contract/push-targets.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { RelayPort } from './relay-port.ts';

export type PublisherOptions = {
  db: Kysely<ProxySchema>;
  /** Taken before start. */
  lease: Lease;
  relay: RelayPort;
  subscriptions: Pick<Subscriptions, 'targetGone' | 'iconsSettled'>;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  /** RFC 8291; throws for keys that are no keys. */
  encryptBadge(keys: WebPushKeys, payload: BadgePayload): Uint8Array;
  /** The publisher stopped by itself: AppError `proxy-taken-over`. */
  onFailure(error: unknown): void;
};

export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#options.db.selectFrom('proxy_state').select('lease_epoch').execute();
  }

  /** Something may be due. */
  wake(): void {}

  /** Starts nothing more, waits briefly for answers; attempts without one stay in the database. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
