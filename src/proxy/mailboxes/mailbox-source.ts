// What every source of mailbox events offers: Dovecot server-wide, any IMAP server, the demo's own mail server.
// A source tells either an absolute count or that something changed; it may lose events, never invent them, so
// whoever listens recounts at start, after a gap and on a slow timer.

import type { Secret } from '../../runtime/secrets.ts';

/** A mailbox as the proxy watches it. */
export type WatchedMailbox = {
  /** The canonical name (`mailbox-name.ts`). */
  id: string;
  signInName: string;
  /** The mailbox's own password, where the source signs in as its user. */
  password?: Secret;
  /** What every count of this mailbox should tell besides: only what some subscription needs. */
  look?: Look;
};

/** What to read of INBOX beside its count, in the same visit; an empty one learns UIDVALIDITY and UIDNEXT. */
export type Look = {
  /** The unseen messages with this UID or a larger one, by their UIDs. */
  sinceUid?: number;
  /** So many of the newest unseen messages. */
  newest?: number;
};

/** What a look saw. UIDs are those of INBOX under `uidValidity` (RFC 9051 §2.3.1.1). */
export type InboxView = {
  uidValidity: number;
  /** Every message that comes later has this UID or a larger one. */
  uidNext: number;
  /** From which UID on `unseenSince` is complete; a look that asked for none leaves it empty. */
  sinceUid: number;
  /** Ascending. */
  unseenSince: readonly number[];
  /** The newest first. */
  newest: readonly MessageSummary[];
};

export type MessageSummary = {
  uid: number;
  /** Without angle brackets. */
  messageId: string | null;
  fromName: string | null;
  fromAddress: string | null;
  subject: string | null;
  /** ms: INTERNALDATE. */
  receivedAt: number;
};

/** Orders the states of one INBOX: a larger pair is newer (RFC 7162 §3.1; UIDVALIDITY first). */
export type MailboxVersion = { uidValidity: number; modSeq: number };

export type MailboxCount = {
  unseen: number;
  /** Where the server has CONDSTORE; without it the latest answer wins. */
  version?: MailboxVersion;
  /** Where the mailbox's `look` asked for it, and the source reads messages as it counts. */
  view?: InboxView;
};

export type MailboxEvent = {
  mailboxId: string;
  traceId: string;
  /** ms, when the proxy saw it. */
  observedAt: number;
} & (
  | { kind: 'counted'; count: MailboxCount; cause: 'event' | 'recount' | 'reconnect' }
  /** Something changed and only a recount tells what. */
  | { kind: 'changed' }
  /** Events may have been lost for this mailbox (the connection broke): recount. */
  | { kind: 'gap' }
  | { kind: 'state'; state: MailboxState; detail?: string }
);

/** `refused`: the server no longer takes the credential. `gone`: it says that the mailbox does not exist. */
export type MailboxState = 'watched' | 'unreachable' | 'refused' | 'gone';

export type RecountResult =
  | { mailboxId: string; outcome: 'counted'; count: MailboxCount }
  | { mailboxId: string; outcome: 'gone' | 'refused' | 'unreachable'; detail: string };

export type SignInResult =
  | { outcome: 'accepted' }
  | { outcome: 'refused' }
  | { outcome: 'unreachable'; detail: string };

export type MailboxSource = AsyncDisposable & {
  /** 'dovecot' · 'imap' · 'simulated' */
  readonly name: string;
  /** True when the source needs each mailbox's own password to watch it. */
  readonly needsPassword: boolean;
  /** Takes what another process may hold (a socket); what comes before `start` is lost. Fails with an AppError. */
  listen?(): Promise<void>;
  /** Events may come from now on. Fails with an AppError when it cannot. */
  start(listener: (event: MailboxEvent) => void): Promise<void>;
  /** Idempotent. A changed password takes effect. */
  watch(mailbox: WatchedMailbox): void;
  unwatch(mailboxId: string): void;
  /**
   * Re-reads the true count, and what each mailbox's `look` asks for; one result for each mailbox, in any order, bounded
   * in parallel by the source. A mailbox need not be watched.
   */
  recount(mailboxes: readonly WatchedMailbox[], options: { signal: AbortSignal }): Promise<RecountResult[]>;
  /** Proves a person's credential at the mail server. Never logs or keeps it. */
  signIn(signInName: string, password: Secret): Promise<SignInResult>;
};
