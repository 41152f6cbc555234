// What apps share at APNs: one provider token for each team and key, and one set of connections for each of those and
// host. APNs takes one team and key per connection, few connections per host, and rarely a new token.

import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { ApnsAppConfig } from '../../config.ts';
import { readConfiguredFile } from '../../configured-file.ts';
import type { Http2Timeouts } from '../connection-watch.ts';
import { Http2Origin } from '../http2-origin.ts';
import { nodeHttp2 } from '../http2-session.ts';
import { ProviderToken, parseSigningKey } from './provider-token.ts';

export type ApnsAccount = { token: ProviderToken; production: Http2Origin; sandbox: Http2Origin };

export class ApnsAccounts implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #timeouts: Partial<Http2Timeouts>;
  readonly #tokens = new Map<string, ProviderToken>();
  readonly #origins = new Map<string, Http2Origin>();

  constructor(options: {
    clock: Clock;
    random: Random;
    logger: Logger;
    timeouts?: Partial<Http2Timeouts>;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
    this.#timeouts = options.timeouts ?? {};
  }

  /** The account that this app's pushes go through. Throws `config-invalid` for a key that cannot be used. */
  open(config: ApnsAppConfig): ApnsAccount {
    const id = `${config.team_id}/${config.key_id}`;
    return {
      token: remember(this.#tokens, id, () => this.#newToken(config)),
      production: this.#origin(config.production_url, id, config.ca_file),
      sandbox: this.#origin(config.sandbox_url, id, config.ca_file),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#origins.values()].map(origin => origin[Symbol.asyncDispose]()));
  }

  #newToken({ key_file, key_id, team_id }: ApnsAppConfig): ProviderToken {
    const key = parseSigningKey(readConfiguredFile(key_file, 'apns.key_file'), { source: key_file });
    return new ProviderToken({ keyId: key_id, teamId: team_id, key, clock: this.#clock });
  }

  #origin(url: string, id: string, caFile: string | undefined): Http2Origin {
    const { origin } = new URL(url);
    return remember(this.#origins, `${origin} ${id} ${caFile ?? ''}`, () => {
      const ca = caFile === undefined ? {} : { ca: readConfiguredFile(caFile, 'apns.ca_file') };
      const clock = this.#clock;
      return new Http2Origin({
        name: origin,
        connect: nodeHttp2(new URL(origin), { clock, timeouts: this.#timeouts, ...ca }),
        clock,
        random: this.#random,
        logger: this.#logger,
      });
    });
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  known.set(key, made);
  return made;
}
