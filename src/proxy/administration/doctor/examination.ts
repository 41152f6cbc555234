// What the checks of one examination share: the configuration, collaborators, and what an earlier check opened for the
// later ones that need it.

import type { Kysely } from 'kysely';
import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Random } from '../../../runtime/random.ts';
import type { SecretBox } from '../../../runtime/secrets.ts';
import type { ProxyConfig } from '../../config.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { Enrolment, RelayPin } from '../../trust/relay/relay-pin.ts';
import type { Network } from './network.ts';

/** Filled by one check, read by those that need it. */
export class Slot<T> {
  #value: T | undefined;

  fill(value: T): void {
    this.#value = value;
  }

  get(): T {
    if (this.#value === undefined) throw new Error('a check reads what no check that it needs has filled');
    return this.#value;
  }
}

export class Examination {
  readonly config: ProxyConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly fetch: typeof fetch;
  readonly http: HttpClient;
  /** Closed with the examination. */
  readonly parts: AsyncDisposableStack;
  readonly secrets = new Slot<SecretBox>();
  readonly db = new Slot<Kysely<ProxySchema>>();
  readonly pin = new Slot<RelayPin & { enrolment: Enrolment }>();
  readonly metadata = new Slot<RelayMetadata>();

  constructor(collaborators: {
    config: ProxyConfig;
    clock: Clock;
    random: Random;
    network: Network;
    fetch: typeof fetch;
    http: HttpClient;
    parts: AsyncDisposableStack;
  }) {
    this.config = collaborators.config;
    this.clock = collaborators.clock;
    this.random = collaborators.random;
    this.network = collaborators.network;
    this.fetch = collaborators.fetch;
    this.http = collaborators.http;
    this.parts = collaborators.parts;
  }
}
