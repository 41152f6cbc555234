// Any IMAP server: one connection per watched mailbox, in IDLE, signed in as the mailbox's own user or as a master
// user. New connections are made few at a time, whatever the number of mailboxes.

import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { ImapSourceConfig } from '../../config.ts';
import type {
  MailboxEvent,
  MailboxSource,
  RecountResult,
  SignInResult,
  WatchedMailbox,
} from '../mailbox-source.ts';
import { ParallelLimit } from '../parallel-limit.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import { ImapAccess } from './imap-access.ts';
import { ImapConnection, type ImapLogin, type OpenedConnection } from './imap-connection.ts';
import { type ImapServer, imapServer } from './imap-server.ts';
import { InboxWatcher } from './inbox-watcher.ts';
import { MasterLogin } from './master-login.ts';

export type ImapSourceOptions = {
  config: ImapSourceConfig;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** A command that the server does not answer in this time ends the connection. */
  commandTimeoutMs?: number;
};

const parallelConnects = 10;

export class ImapSource implements MailboxSource {
  readonly name = 'imap';
  readonly needsPassword: boolean;
  readonly #options: ImapSourceOptions;
  readonly #server: ImapServer;
  readonly #master: MasterLogin | undefined;
  readonly #access: ImapAccess;
  readonly #connects = new ParallelLimit(parallelConnects);
  readonly #watchers = new Map<string, InboxWatcher>();
  readonly #ending = new Set<Promise<void>>();
  #listener: (event: MailboxEvent) => void = () => undefined;

  constructor(options: ImapSourceOptions) {
    const { config, clock } = options;
    this.#options = options;
    this.#server = imapServer(config);
    this.#master = config.master === undefined ? undefined : new MasterLogin(config.master);
    this.needsPassword = this.#master === undefined;
    this.#access = new ImapAccess({ server: this.#server, clock });
  }

  async start(listener: (event: MailboxEvent) => void): Promise<void> {
    this.#listener = listener;
    if (this.#server.security === 'none') {
      this.#options.logger.warn({ host: this.#server.host }, 'passwords go to the mail server in the clear');
    }
  }

  watch(mailbox: WatchedMailbox): void {
    const known = this.#watchers.get(mailbox.id);
    if (known !== undefined) {
      known.update(mailbox);
      return;
    }
    const { clock, random, config } = this.#options;
    const event = (observedAt: number) => ({
      mailboxId: mailbox.id,
      traceId: random.bytes(16).toString('hex'),
      observedAt,
    });
    const watcher = new InboxWatcher({
      mailbox,
      open: (current, signal) => this.#connects.run(() => this.#open(current, signal), signal),
      onCount: (count, cause, observedAt) =>
        this.#listener({ ...event(observedAt), kind: 'counted', count, cause }),
      onState: (state, detail) =>
        this.#listener({
          ...event(clock.now()),
          kind: 'state',
          state,
          ...(detail !== undefined && { detail }),
        }),
      clock,
      random,
      renewIdleMs: config.renew_idle,
    });
    this.#watchers.set(mailbox.id, watcher);
  }

  unwatch(mailboxId: string): void {
    const watcher = this.#watchers.get(mailboxId);
    if (watcher === undefined) return;
    this.#watchers.delete(mailboxId);
    const ending = watcher[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async recount(
    mailboxes: readonly WatchedMailbox[],
    { signal }: { signal: AbortSignal },
  ): Promise<RecountResult[]> {
    return Promise.all(mailboxes.map(mailbox => this.#recount(mailbox, signal)));
  }

  async signIn(signInName: string, password: Secret): Promise<SignInResult> {
    return this.#access.signIn(signInName, password);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mailboxId of [...this.#watchers.keys()]) this.unwatch(mailboxId);
    await Promise.all(this.#ending);
  }

  /**
   * Over the watcher's connection, so that this count and those of its events keep their order; not while that has yet
   * to hear of the password which the person has just signed in with.
   */
  async #recount(mailbox: WatchedMailbox, signal: AbortSignal): Promise<RecountResult> {
    const watcher = this.#watchers.get(mailbox.id);
    if (watcher?.proves(mailbox)) return abortable(watcher.recount(mailbox.look), signal);
    const login = this.#login(mailbox);
    if ('outcome' in login) return { mailboxId: mailbox.id, ...login };
    return this.#access.count(mailbox, login, signal);
  }

  async #open(mailbox: WatchedMailbox, signal: AbortSignal): Promise<OpenedConnection | ConnectionFailure> {
    const login = this.#login(mailbox);
    if ('outcome' in login) return login;
    const { clock, commandTimeoutMs } = this.#options;
    return ImapConnection.open(this.#server, login, {
      clock,
      signal,
      ...(commandTimeoutMs !== undefined && { timeoutMs: commandTimeoutMs }),
    });
  }

  #login({ signInName, password }: WatchedMailbox): ImapLogin | ConnectionFailure {
    if (this.#master !== undefined) return this.#master.as(signInName);
    if (password !== undefined) return { user: signInName, password };
    return { outcome: 'refused', detail: 'no password is stored for the mailbox: sign in again' };
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
