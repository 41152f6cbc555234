// The access token that everything of one service account is sent with. One is fetched when it is first needed; from
// three quarters of its life on a newer one is fetched beside the sending, which does not wait for it.
// Invariants: one request for a token at a time, and none sooner than the back-off after a failed one; a failed renewal
// takes nothing away; the token leaves this file towards FCM only.

import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { backoffMs, type Random } from '../../../runtime/random.ts';
import type { TokenAnswer, TokenFailure } from './token-request.ts';

type Held = { token: string; fetchedAt: number; renewAt: number; endsAt: number };

/** Not sent in its last minute: it must not end on its way. */
const unusedAtEndMs = 60_000;
/** Else a refusal for another reason than the token would have one fetched for every message. */
const tooYoungToReplaceMs = 60_000;
const retry = { baseMs: 1000, maxMs: 30_000 };

export class AccessToken {
  readonly #account: string;
  readonly #request: () => Promise<TokenAnswer>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #held: Held | undefined;
  #renewal: Promise<void> | undefined;
  #failure: TokenFailure = { kind: 'unavailable', reason: 'token-endpoint-failed' };
  #failures = 0;
  #retryAt = Number.NEGATIVE_INFINITY;

  constructor(options: {
    /** For logs. */
    account: string;
    request: () => Promise<TokenAnswer>;
    clock: Clock;
    random: Random;
    logger: Logger;
  }) {
    this.#account = options.account;
    this.#request = options.request;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
  }

  /** The token to send now, or why there is none. */
  async current(): Promise<{ kind: 'token'; token: string } | TokenFailure> {
    if (this.#usable === undefined) await this.#renew();
    const held = this.#usable;
    if (held === undefined) return this.#failed();
    if (this.#clock.monotonic() >= held.renewAt) void this.#renew();
    return { kind: 'token', token: held.token };
  }

  /**
   * After FCM did not know `token`: another one, or why there is none. A young one again, since FCM may have erred and
   * its age cannot be the reason.
   */
  async replace(token: string): Promise<{ kind: 'token'; token: string } | TokenFailure> {
    const held = this.#held;
    if (held?.token !== token) return this.current();
    if (this.#clock.monotonic() - held.fetchedAt >= tooYoungToReplaceMs) {
      await this.#renew();
      if (this.#held?.token === token) return this.#failed();
    }
    return this.current();
  }

  get #usable(): Held | undefined {
    return this.#held !== undefined && this.#clock.monotonic() < this.#held.endsAt ? this.#held : undefined;
  }

  #failed(): TokenFailure {
    if (this.#failure.kind === 'misconfigured') return this.#failure;
    const retryAfterMs = Math.max(0, Math.ceil(this.#retryAt - this.#clock.monotonic()));
    return { ...this.#failure, retryAfterMs };
  }

  async #renew(): Promise<void> {
    if (this.#renewal === undefined && this.#clock.monotonic() < this.#retryAt) return;
    this.#renewal ??= this.#fetch().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #fetch(): Promise<void> {
    const fetchedAt = this.#clock.monotonic();
    const answer = await this.#request();
    if (answer.kind !== 'token') {
      this.#noteFailure(answer);
      return;
    }
    const { token, lifetimeMs } = answer;
    this.#held = {
      token,
      fetchedAt,
      renewAt: fetchedAt + lifetimeMs * 0.75,
      endsAt: fetchedAt + Math.max(lifetimeMs - unusedAtEndMs, lifetimeMs * 0.9),
    };
    this.#failures = 0;
    this.#retryAt = Number.NEGATIVE_INFINITY;
  }

  #noteFailure(failure: TokenFailure): void {
    const asked = failure.kind === 'unavailable' ? (failure.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(asked, backoffMs(this.#random, this.#failures, retry));
    this.#failure = failure;
    this.#failures += 1;
    this.#retryAt = this.#clock.monotonic() + delayMs;
    const facts = {
      account: this.#account,
      reason: failure.reason,
      delayMs,
      tokenHeld: this.#usable !== undefined,
    };
    this.#logger.warn(facts, 'no new access token for FCM');
  }
}
