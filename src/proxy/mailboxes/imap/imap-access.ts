// Short visits to an IMAP server, for both sources: proving a person's password, and reading one INBOX's count.
// Sign-ins of people don't wait behind recounts.

import type { Clock } from '../../../runtime/clock.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { Look, RecountResult, SignInResult, WatchedMailbox } from '../mailbox-source.ts';
import { ParallelLimit } from '../parallel-limit.ts';
import { ImapConnection, type ImapLogin } from './imap-connection.ts';
import type { ImapServer } from './imap-server.ts';
import type { MasterLogin } from './master-login.ts';
import { viewInbox } from './view-inbox.ts';

const proofMessage = [
  'From: Mailbadge <mailbadge@localhost>',
  'Subject: Mailbadge tries its configuration',
  'Date: Thu, 01 Jan 2026 00:00:00 +0000',
  '',
  'This message is removed at once.',
].join('\r\n');

export class ImapAccess {
  readonly #server: ImapServer;
  readonly #clock: Clock;
  readonly #signIns = new ParallelLimit(10);
  readonly #counts = new ParallelLimit(10);

  constructor({ server, clock }: { server: ImapServer; clock: Clock }) {
    this.#server = server;
    this.#clock = clock;
  }

  async signIn(signInName: string, password: Secret): Promise<SignInResult> {
    if (signInName === '' || password.reveal() === '') return { outcome: 'refused' };
    return this.#signIns.run(async () => {
      const opened = await ImapConnection.open(
        this.#server,
        { user: signInName, password },
        { clock: this.#clock },
      );
      if (opened.outcome === 'open') {
        opened.connection[Symbol.dispose]();
        return { outcome: 'accepted' };
      }
      return opened.outcome === 'refused'
        ? { outcome: 'refused' }
        : { outcome: 'unreachable', detail: opened.detail };
    });
  }

  /** Makes a change of the person's INBOX that leaves nothing behind; a text says why that failed. */
  async makeChange(signInName: string, password: Secret): Promise<string | undefined> {
    const login = { user: signInName, password };
    const opened = await ImapConnection.open(this.#server, login, { clock: this.#clock });
    if (opened.outcome !== 'open') return opened.detail;
    using connection = opened.connection;
    try {
      await connection.appendAndRemove(proofMessage);
      return undefined;
    } catch (error) {
      return connection.describe(error).detail;
    }
  }

  /** Counts as the master user, one short connection for each mailbox. */
  async recount(
    mailboxes: readonly WatchedMailbox[],
    { master, signal }: { master: MasterLogin; signal: AbortSignal },
  ): Promise<RecountResult[]> {
    return Promise.all(
      mailboxes.map(async ({ id, signInName, look }): Promise<RecountResult> => {
        const login = master.as(signInName);
        return 'outcome' in login ? { mailboxId: id, ...login } : this.count({ id, look }, login, signal);
      }),
    );
  }

  /** One result, when its turn comes; never rejects except with the signal's reason. */
  async count(
    { id: mailboxId, look }: { id: string; look?: Look | undefined },
    login: ImapLogin,
    signal: AbortSignal,
  ): Promise<RecountResult> {
    return this.#counts.run(async () => {
      const opened = await ImapConnection.open(this.#server, login, { clock: this.#clock, signal });
      if (opened.outcome !== 'open') return { mailboxId, ...opened };
      using connection = opened.connection;
      try {
        const count = await connection.statusOfInbox();
        if (look === undefined) return { mailboxId, outcome: 'counted', count };
        await connection.examineInbox();
        const { view } = await viewInbox(connection, look);
        return { mailboxId, outcome: 'counted', count: { ...count, view } };
      } catch (error) {
        return { mailboxId, ...connection.describe(error) };
      }
    }, signal);
  }
}
