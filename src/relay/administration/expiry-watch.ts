// Measures once a minute what will end and how old keys are, so that monitoring can warn long before `relay status` is
// asked by somebody.

import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RelayConfig } from '../config.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import { credentialSummaries, provableUntil } from './credential-summaries.ts';
import { keyAges, tlsCertificateEnd } from './relay-status.ts';
import { endingSoonMs } from './warnings.ts';

const everyMs = 60_000;

export class ExpiryWatch implements AsyncDisposable {
  readonly #parts: ExpiryWatchCollaborators;
  #timer: Timer | undefined;
  #measuring: Promise<void> = Promise.resolve();

  constructor(parts: ExpiryWatchCollaborators) {
    this.#parts = parts;
  }

  start(): void {
    this.#measuring = this.#measure();
    this.#timer = this.#parts.clock.after(everyMs, () => this.start(), { background: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const { db, config, clock, events, logger } = this.#parts;
    const now = clock.now();
    try {
      const active = await db.selectFrom('organization').select('id').where('active', '=', 1).execute();
      const credentials = await credentialSummaries(db);
      const ends = active.flatMap(({ id }) => provableUntil(credentials.get(id) ?? [], now) ?? []);
      events.record({
        kind: 'expiries-measured',
        credentialsEndingSoon: ends.filter(end => end - now < endingSoonMs).length,
        earliestCredentialEnd: ends.length === 0 ? null : Math.min(...ends),
        tlsCertificateEnd: tlsCertificateEnd(config),
        keys: await keyAges(db, config),
      });
    } catch (error) {
      logger.error({ error: describeError(error) }, 'what ends could not be measured');
    }
  }
}

export type ExpiryWatchCollaborators = {
  db: Kysely<RelaySchema>;
  config: Pick<RelayConfig, 'tls' | 'apps'>;
  events: RelayEvents;
  clock: Clock;
  logger: Logger;
};
