// What apps share at FCM: one access token and one set of connections for each service account. The host that tokens
// come from stands in the account's key file: that one host is called for them, and nothing else.

import type { Clock } from '../../../runtime/clock.ts';
import { createEgress, defaultEgressLimits } from '../../../runtime/egress/egress.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { FcmAppConfig } from '../../config.ts';
import { readConfiguredFile } from '../../configured-file.ts';
import type { Http2Timeouts } from '../connection-watch.ts';
import { Http2Origin } from '../http2-origin.ts';
import { nodeHttp2 } from '../http2-session.ts';
import { AccessToken } from './access-token.ts';
import { parseServiceAccount, type ServiceAccount } from './service-account.ts';
import { requestAccessToken } from './token-request.ts';

export type FcmAccount = { token: AccessToken; origin: Http2Origin };

/** Below the 5 s that a notification may wait for its start. */
const tokenLimits = { ...defaultEgressLimits, totalMs: 4500, answerBytes: 8192 };

export class FcmAccounts implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #timeouts: Partial<Http2Timeouts>;
  readonly #resources = new AsyncDisposableStack();
  readonly #accounts = new Map<string, FcmAccount>();

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

  /** The account that this app's messages go through. Throws `config-invalid` for a key file that cannot be used. */
  open({ service_account_file, url, ca_file }: FcmAppConfig): FcmAccount {
    const text = readConfiguredFile(service_account_file, 'fcm.service_account_file');
    const account = parseServiceAccount(text, { source: service_account_file });
    const { origin } = new URL(url);
    const id = [account.email, account.keyId, account.tokenUrl, origin, ca_file].join(' ');
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const ca = ca_file === undefined ? {} : { ca: readConfiguredFile(ca_file, 'fcm.ca_file') };
    const opened = { token: this.#token(account, ca), origin: this.#origin(origin, ca) };
    this.#accounts.set(id, opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  #token(account: ServiceAccount, ca: { ca?: string }): AccessToken {
    const clock = this.#clock;
    const { hostname, port } = new URL(account.tokenUrl);
    // who names authorities to trust has a simulator, which is on this machine
    const hosts =
      ca.ca === undefined
        ? { allow: [hostname] }
        : { allow: [], dangerouslyAllow: [`${hostname}:${port || '443'}`] };
    const egress = this.#resources.use(createEgress({ ...hosts, clock, limits: tokenLimits, ...ca }));
    return new AccessToken({
      account: account.email,
      request: () => requestAccessToken(account, { egress, clock }),
      clock,
      random: this.#random,
      logger: this.#logger,
    });
  }

  #origin(origin: string, ca: { ca?: string }): Http2Origin {
    const clock = this.#clock;
    return this.#resources.use(
      new Http2Origin({
        name: origin,
        connect: nodeHttp2(new URL(origin), { clock, timeouts: this.#timeouts, ...ca }),
        clock,
        random: this.#random,
        logger: this.#logger,
      }),
    );
  }
}
