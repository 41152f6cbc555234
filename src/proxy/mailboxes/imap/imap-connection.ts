// One connection to an IMAP server, and the only file that knows the IMAP library. Every command has a deadline:
// when it passes, the connection is closed, so that a half-open one is found. IDLE is entered by the caller, not
// by the library, which would resume it some 15 s after a command.

import { ImapFlow } from 'imapflow';
import type { Clock } from '../../../runtime/clock.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import { headerFields } from '../headers/header-fields.ts';
import { messageSummary } from '../headers/message-summary.ts';
import type { MailboxCount, MessageSummary } from '../mailbox-source.ts';
import { type ConnectionFailure, describeConnectionError } from './connection-failure.ts';
import type { ImapServer } from './imap-server.ts';
import { UidSet } from './uid-set.ts';

export type ImapLogin = { user: string; password: Secret };

export type OpenedConnection = { outcome: 'open'; connection: ImapConnection };

const connectTimeoutMs = 15_000;
const commandTimeoutMs = 20_000;
const hourMs = 3_600_000;
/** From, Subject and Message-ID stand somewhere in the first of it; less than `maxLiteralSize`. */
const headerBytes = 32_768;

export class ImapConnection implements Disposable {
  readonly #client: ImapFlow;
  readonly #clock: Clock;
  readonly #commandTimeoutMs: number;
  #failure: ConnectionFailure | undefined;
  /** Called when the server told a change of the selected mailbox. */
  onChange: () => void = () => undefined;

  private constructor(client: ImapFlow, clock: Clock, timeoutMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#commandTimeoutMs = timeoutMs;
    const changed = (): void => this.onChange();
    client.on('exists', changed).on('expunge', changed).on('flags', changed);
    client.on('error', error => {
      this.#failure ??= describeConnectionError(error);
    });
  }

  /** Connects and signs in. */
  static async open(
    server: ImapServer,
    login: ImapLogin,
    {
      clock,
      signal,
      timeoutMs = commandTimeoutMs,
    }: { clock: Clock; signal?: AbortSignal; timeoutMs?: number },
  ): Promise<OpenedConnection | ConnectionFailure> {
    const client = new ImapFlow({
      host: server.host,
      port: server.port,
      secure: server.security === 'tls',
      ...(server.security === 'tls' ? {} : { doSTARTTLS: server.security === 'starttls' }),
      tls: { ...(server.secureContext && { secureContext: server.secureContext }), minVersion: 'TLSv1.2' },
      auth: { user: login.user, pass: login.password.reveal() },
      logger: false,
      clientInfo: { name: 'mailbadge' },
      disableAutoIdle: true,
      disableAutoEnable: true,
      disableCompression: true, // a compressor costs more memory than the connection
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: hourMs, // our own deadlines are shorter
      maxLineLength: 8_388_608, // a SEARCH answer of a server without ESEARCH names every unseen message
      maxLiteralSize: 65_536,
      maxResponseSize: 16_777_216,
    });
    const connection = new ImapConnection(client, clock, timeoutMs);
    const close = (): void => client.close();
    const deadline = clock.after(connectTimeoutMs + timeoutMs, close, { background: true });
    signal?.addEventListener('abort', close, { once: true });
    try {
      signal?.throwIfAborted();
      await client.connect();
      return { outcome: 'open', connection };
    } catch (error) {
      client.close();
      return connection.#failure ?? describeConnectionError(error);
    } finally {
      deadline.cancel();
      signal?.removeEventListener('abort', close);
      delete client.options.auth; // the password is needed no more
    }
  }

  /** Why the connection ended, as far as known. */
  describe(error: unknown): ConnectionFailure {
    return this.#failure ?? describeConnectionError(error);
  }

  /** INBOX's count and version without selecting it. Asked about a selected mailbox, servers may answer stale. */
  async statusOfInbox(): Promise<MailboxCount> {
    const status = await this.#withDeadline(
      this.#client.status('INBOX', { unseen: true, uidValidity: true, highestModseq: true }),
    );
    if (status === false || status.unseen === undefined)
      throw new Error('the server tells no UNSEEN for INBOX');
    const { unseen, uidValidity, highestModseq } = status;
    if (uidValidity === undefined || highestModseq === undefined) return { unseen };
    return { unseen, version: { uidValidity: Number(uidValidity), modSeq: Number(highestModseq) } };
  }

  /** Opens INBOX without the right to change anything (and without resetting \Recent: RFC 9051 §6.3.3). */
  async examineInbox(): Promise<void> {
    await this.#withDeadline(this.#client.mailboxOpen('INBOX', { readOnly: true }));
  }

  /** How many messages of the examined INBOX are unseen. */
  async countUnseen(): Promise<number> {
    // RFC 4731 §3.1: COUNT alone, where the server knows ESEARCH; else the list of all.
    const found = await this.#withDeadline(
      this.#client.search({ seen: false }, { returnOptions: ['COUNT'] }),
    );
    if (Array.isArray(found)) return found.length;
    if (typeof found === 'object' && found.count !== undefined) return found.count;
    throw new Error('the server does not answer SEARCH');
  }

  /**
   * What orders the UIDs of the examined INBOX. UIDNEXT is the server's of when INBOX was examined, or one more than
   * the largest UID since: either way, what this connection has not been told of has that UID or a larger one.
   */
  async uidState(): Promise<{ uidValidity: number; uidNext: number }> {
    const { mailbox } = this.#client;
    if (mailbox === false) throw new Error('INBOX is not open');
    // n:* is never empty, the last message at least (RFC 9051 §9); the library raises uidNext by what comes.
    const last = this.#client.fetchAll(`${mailbox.uidNext || 1}:*`, { uid: true }, { uid: true });
    this.#noticeFlags(await this.#withDeadline(last));
    return { uidValidity: Number(mailbox.uidValidity), uidNext: mailbox.uidNext };
  }

  /** The unseen messages of the examined INBOX. */
  async findUnseen(): Promise<{ unseen: number; uids: UidSet }> {
    const found = await this.#withDeadline(
      this.#client.search({ seen: false }, { uid: true, returnOptions: ['COUNT', 'ALL'] }),
    );
    if (Array.isArray(found)) return { unseen: found.length, uids: new UidSet(found.join()) };
    if (typeof found !== 'object' || found.count === undefined)
      throw new Error('the server does not answer SEARCH');
    return { unseen: found.count, uids: new UidSet(found.all ?? '') };
  }

  /** The newest first; what was removed meanwhile is left out. */
  async summaries(uids: readonly number[]): Promise<MessageSummary[]> {
    if (uids.length === 0) return [];
    // A cut of the header, not ENVELOPE: the server would send a subject of megabytes whole. PEEK sets no \Seen.
    const query = { uid: true, internalDate: true, bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] };
    const fetched = await this.#withDeadline(this.#client.fetchAll(uids.join(), query, { uid: true }));
    this.#noticeFlags(fetched);
    return fetched
      .flatMap(({ uid, internalDate, headers }) => {
        if (headers === undefined) return [];
        const fields = headerFields(headers);
        const [from, subject, messageId] = [
          fields.get('from'),
          fields.get('subject'),
          fields.get('message-id'),
        ];
        const receivedAt = internalDate instanceof Date ? internalDate.getTime() : 0;
        return [messageSummary({ uid, receivedAt }, { from, subject, messageId })];
      })
      .sort((a, b) => b.uid - a.uid);
  }

  /** Ends when another command is given, or with the connection. Servers without IDLE are polled by the library. */
  async idle(): Promise<void> {
    await this.#client.idle();
  }

  async noop(): Promise<void> {
    await this.#withDeadline(this.#client.noop());
    if (!this.#client.usable) throw new Error('the server stopped answering');
  }

  /** Appends a message that is already \Seen and removes it again: two changes that leave no count behind. */
  async appendAndRemove(message: string): Promise<void> {
    const appended = await this.#withDeadline(this.#client.append('INBOX', message, ['\\Seen']));
    if (appended === false || appended.uid === undefined)
      throw new Error('the server does not take a message');
    await this.#withDeadline(this.#client.mailboxOpen('INBOX'));
    await this.#withDeadline(this.#client.messageDelete(`${appended.uid}`, { uid: true }));
  }

  get closed(): boolean {
    return !this.#client.usable;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  /** The library takes a change of flags that is told during a FETCH for an answer to it. */
  #noticeFlags(fetched: readonly { flags?: Set<string> | undefined }[]): void {
    if (fetched.some(({ flags }) => flags !== undefined)) this.onChange();
  }

  async #withDeadline<T>(command: Promise<T>): Promise<T> {
    const deadline = this.#clock.after(
      this.#commandTimeoutMs,
      () => {
        this.#failure ??= { outcome: 'unreachable', detail: 'the server stopped answering' };
        this.#client.close();
      },
      { background: true },
    );
    try {
      return await command;
    } finally {
      deadline.cancel();
    }
  }
}
