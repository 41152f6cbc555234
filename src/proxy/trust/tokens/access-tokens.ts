// The access token that publishing needs: cached, and renewed in the background at two thirds of its life. However
// many ask at once, one request goes out; a failed renewal keeps the token that is still valid, and is repeated.

import type { Clock, Timer } from '../../../runtime/clock.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { backoffMs, type Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { RelayClock } from '../relay/relay-clock.ts';
import type { RelayFailure } from '../relay/relay-failure.ts';
import type { RelayTrust } from '../relay/relay-trust.ts';
import { signAccessToken } from './self-signed-token.ts';
import { requestToken } from './token-request.ts';

/** `keyId`: of the credential that the token was got with. */
export type TokenAnswer =
  | { kind: 'token'; accessToken: Secret; keyId: string }
  | { kind: 'failed'; failure: RelayFailure };

/** A token is not used in its last seconds: it must not expire on its way. */
const expiryMarginMs = 5000;
/** Who asks this soon after a failure gets the same failure, without another request. */
const failureLifetimeMs = 1000;
const retry = { baseMs: 1000, withTokenMaxMs: 60_000, withoutTokenMaxMs: 5000 };

/** Times are monotonic: setting this machine's clock neither kills a token nor keeps it alive. */
type CachedToken = { accessToken: Secret; keyId: string; expiresAt: number };
type CachedFailure = { failure: RelayFailure; at: number };

type Collaborators = {
  trust: RelayTrust;
  relayClock: RelayClock;
  http: HttpClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  timeoutMs: number;
  /** Signs its own tokens instead of asking for them. */
  directTrust: boolean;
};

export class AccessTokens implements Disposable {
  readonly #collaborators: Collaborators;
  readonly #stopping = new AbortController();
  #token: CachedToken | undefined;
  #failure: CachedFailure | undefined;
  #renewal: Promise<TokenAnswer> | undefined;
  #failures = 0;
  #timer: Timer | undefined;
  /** +1 when what the token was asked for is no longer in force. */
  #generation = 0;

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  /** The cached token, or what the one running request brings. Never rejects. */
  async get(): Promise<TokenAnswer> {
    const now = this.#collaborators.clock.monotonic();
    if (this.#token !== undefined && now < this.#token.expiresAt) {
      return { kind: 'token', accessToken: this.#token.accessToken, keyId: this.#token.keyId };
    }
    if (this.#failure !== undefined && now - this.#failure.at < failureLifetimeMs) {
      return { kind: 'failed', failure: this.#failure.failure };
    }
    return this.renew();
  }

  /** The relay refused this token: the next `get` asks for another. A newer token stays. */
  invalidate(accessToken: Secret): void {
    if (this.#token?.accessToken === accessToken) this.#token = undefined;
  }

  /** Forgets everything: another relay or enrolment is in force. */
  reset(): void {
    this.changeKey();
    this.#token = undefined;
  }

  /** Another key is in force. Its predecessor's token stays good at the relay, and is used until the next one is there. */
  changeKey(): void {
    this.#generation++;
    this.#failure = undefined;
    this.#renewal = undefined;
    this.#failures = 0;
    this.#timer?.cancel();
  }

  /** Asks for a new token now, or joins the request that is under way. Never rejects. */
  renew(): Promise<TokenAnswer> {
    if (this.#renewal !== undefined) return this.#renewal;
    const generation = this.#generation;
    const renewal = this.#request()
      .then(answer => (generation === this.#generation ? this.#keep(answer) : this.get()))
      .finally(() => {
        if (this.#renewal === renewal) this.#renewal = undefined;
      });
    this.#renewal = renewal;
    return renewal;
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
    this.reset();
  }

  async #request(): Promise<CachedToken | CachedFailure> {
    const { trust, relayClock, clock, random, http, timeoutMs, directTrust } = this.#collaborators;
    const { signal } = this.#stopping;
    const startedAt = clock.monotonic();
    const failedNow = (failure: RelayFailure): CachedFailure => ({ failure, at: clock.monotonic() });
    // Before each token: it measures the relay's clock, and tells a wrong clock from a wrong credential.
    const failure = await trust.refresh(signal);
    if (failure !== undefined) return failedNow(failure);
    const { state } = trust;
    if (state.kind === 'failed') return failedNow(state.failure);
    const now = relayClock.now() ?? clock.now();
    const grant = directTrust
      ? await signAccessToken(state.connection, { now, random })
      : await requestToken(state.connection, { http, now, random, timeoutMs, signal });
    if (grant.kind === 'failed') return failedNow(grant.failure);
    return {
      accessToken: grant.accessToken,
      keyId: state.connection.key.certificate.id,
      expiresAt: startedAt + Math.max(0, grant.lifetimeMs - expiryMarginMs),
    };
  }

  #keep(answer: CachedToken | CachedFailure): TokenAnswer {
    const { clock, random, logger } = this.#collaborators;
    const now = clock.monotonic();
    if ('accessToken' in answer) {
      this.#token = answer;
      this.#failure = undefined;
      this.#failures = 0;
      this.#renewAfter(Math.floor(((answer.expiresAt - now) * 2) / 3));
      return { kind: 'token', accessToken: answer.accessToken, keyId: answer.keyId };
    }
    this.#failure = answer;
    const { code, message } = answer.failure;
    const valid = this.#token !== undefined && now < this.#token.expiresAt;
    if (!this.#stopping.signal.aborted && code !== 'relay-not-connected') {
      logger.warn({ errorCode: code, error: message, tokenStillValid: valid }, 'no new access token');
      const maxMs = valid ? retry.withTokenMaxMs : retry.withoutTokenMaxMs;
      this.#renewAfter(backoffMs(random, this.#failures++, { baseMs: retry.baseMs, maxMs }));
    }
    return { kind: 'failed', failure: answer.failure };
  }

  #renewAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#collaborators.clock.after(delayMs, () => void this.renew(), { background: true });
  }
}
