// Dovecot, server-wide: its notify_status plugin tells every change of every INBOX, with the absolute count, to a
// small Redis listener here; no connection per mailbox. What is lost while nobody listens is found by the recount
// that follows each start and each gap.

import type { Clock } from '../../../runtime/clock.ts';
import { describeError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import { canonicalMailboxName, type MailboxNameRule } from '../mailbox-name.ts';
import type {
  MailboxEvent,
  MailboxSource,
  RecountResult,
  SignInResult,
  WatchedMailbox,
} from '../mailbox-source.ts';
import { type RespAddress, RespListener } from './resp-listener.ts';
import type { KeyChange } from './resp-session.ts';
import { parseStatusKey, parseStatusValue } from './status-value.ts';

export type Recount = (
  mailboxes: readonly WatchedMailbox[],
  options: { signal: AbortSignal },
) => Promise<RecountResult[]>;

export type DovecotSourceOptions = {
  address: RespAddress;
  /** What every key begins with; empty when the socket's access rights are the protection. */
  keyPrefix: string;
  nameRule: MailboxNameRule;
  recount: Recount;
  signIn(signInName: string, password: Secret): Promise<SignInResult>;
  clock: Clock;
  random: Random;
  logger: Logger;
};

/** Why something on the socket was no event of a mailbox. */
type Ignored = 'foreign-key' | 'malformed-name' | 'malformed-value' | 'fault';

export class DovecotSource implements MailboxSource {
  readonly name = 'dovecot';
  readonly needsPassword = false;
  /** How much came in that was no event, by reason; each reason is logged when it first appears. */
  readonly ignored: Record<Ignored, number> = {
    'foreign-key': 0,
    'malformed-name': 0,
    'malformed-value': 0,
    fault: 0,
  };
  readonly #options: DovecotSourceOptions;
  readonly #watched = new Set<string>();
  #listener: (event: MailboxEvent) => void = () => undefined;
  #socket: RespListener | undefined;

  constructor(options: DovecotSourceOptions) {
    this.#options = options;
  }

  /** Mail processes are answered from now on. */
  async listen(): Promise<void> {
    const { address, clock } = this.#options;
    this.#socket = await RespListener.open({
      address,
      clock,
      onChange: change => this.#keyChanged(change),
      onFault: fault => this.#ignore('fault', { fault }),
    });
  }

  async start(listener: (event: MailboxEvent) => void): Promise<void> {
    this.#listener = listener;
    if (this.#socket === undefined) await this.listen();
  }

  /** The port that is really open, when listening on TCP. */
  get port(): number | undefined {
    return this.#socket?.port;
  }

  watch(mailbox: WatchedMailbox): void {
    this.#watched.add(mailbox.id);
  }

  unwatch(mailboxId: string): void {
    this.#watched.delete(mailboxId);
  }

  async recount(
    mailboxes: readonly WatchedMailbox[],
    options: { signal: AbortSignal },
  ): Promise<RecountResult[]> {
    return this.#options.recount(mailboxes, options);
  }

  async signIn(signInName: string, password: Secret): Promise<SignInResult> {
    return this.#options.signIn(signInName, password);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.[Symbol.asyncDispose]();
  }

  /** Whether the key is one of ours. */
  #keyChanged({ key, value }: KeyChange): boolean {
    const { keyPrefix, nameRule, clock, random, logger } = this.#options;
    const user = parseStatusKey(key, keyPrefix);
    if (user === undefined) {
      this.#ignore('foreign-key', { hint: 'the prefix of notify_status_dict must be the configured secret' });
      return false;
    }
    const mailboxId = canonicalMailboxName(user, nameRule);
    if (mailboxId === undefined) {
      this.#ignore('malformed-name', {});
      return true;
    }
    if (!this.#watched.has(mailboxId)) return true;
    const count = value === undefined ? undefined : parseStatusValue(value);
    if (value !== undefined && count === undefined) {
      this.#ignore('malformed-value', {
        hint: 'print the configuration again: mailbadge proxy set-up dovecot',
      });
    }
    const event = { mailboxId, traceId: random.bytes(16).toString('hex'), observedAt: clock.now() };
    try {
      this.#listener(
        count === undefined
          ? { ...event, kind: 'changed' } // deleted, or unreadable: only a recount tells
          : { ...event, kind: 'counted', count, cause: 'event' },
      );
    } catch (error) {
      logger.error({ mailboxId, error: describeError(error) }, 'an event of Dovecot was not taken over');
    }
    return true;
  }

  #ignore(reason: Ignored, fields: Record<string, string>): void {
    this.ignored[reason] += 1;
    if (this.ignored[reason] === 1) {
      this.#options.logger.warn({ reason, ...fields }, 'something on Dovecot’s socket was ignored');
    }
  }
}
