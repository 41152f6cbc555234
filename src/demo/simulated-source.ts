// The demo's mail server as a mail source of the proxy, through the interface that Dovecot and IMAP servers come by.

import type {
  InboxView,
  Look,
  MailboxCount,
  MailboxEvent,
  MailboxSource,
  MessageSummary,
  RecountResult,
  SignInResult,
  WatchedMailbox,
} from '../proxy/mailboxes/mailbox-source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Secret } from '../runtime/secrets.ts';
import type { SimulatedMailboxes, SimulatedMessage } from '../simulators/mail-server/simulated-mailboxes.ts';

export class SimulatedSource implements MailboxSource {
  readonly name = 'simulated';
  readonly needsPassword: boolean = false;
  readonly #mailboxes: SimulatedMailboxes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #watched = new Map<string, Look | undefined>();
  #subscription: Disposable | undefined;

  constructor({ mailboxes, clock, random }: { mailboxes: SimulatedMailboxes; clock: Clock; random: Random }) {
    this.#mailboxes = mailboxes;
    this.#clock = clock;
    this.#random = random;
  }

  async start(listener: (event: MailboxEvent) => void): Promise<void> {
    this.#subscription = this.#mailboxes.onChange(({ mailbox }) => {
      if (!this.#watched.has(mailbox)) return;
      const count = this.#count(mailbox, this.#watched.get(mailbox));
      if (count === undefined) return;
      listener({
        kind: 'counted',
        mailboxId: mailbox,
        traceId: this.#random.bytes(16).toString('hex'),
        observedAt: this.#clock.now(),
        count,
        cause: 'event',
      });
    });
  }

  watch({ id, look }: WatchedMailbox): void {
    this.#watched.set(id, look);
  }

  unwatch(mailboxId: string): void {
    this.#watched.delete(mailboxId);
  }

  async recount(mailboxes: readonly WatchedMailbox[]): Promise<RecountResult[]> {
    return mailboxes.map(({ id: mailboxId, look }) => {
      const count = this.#count(mailboxId, look);
      return count === undefined
        ? { mailboxId, outcome: 'gone', detail: 'the simulated mail server has no such mailbox' }
        : { mailboxId, outcome: 'counted', count };
    });
  }

  async signIn(signInName: string, password: Secret): Promise<SignInResult> {
    const accepted = this.#mailboxes.signIn(signInName.toLowerCase(), password.reveal());
    return { outcome: accepted ? 'accepted' : 'refused' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
  }

  #count(mailboxId: string, look: Look | undefined): MailboxCount | undefined {
    const status = this.#mailboxes.status(mailboxId);
    if (status === undefined) return undefined;
    const { unseen, uidValidity, uidNext, modSeq } = status;
    const count = { unseen, version: { uidValidity, modSeq } };
    if (look === undefined) return count;
    const newestFirst = this.#mailboxes.list(mailboxId).filter(({ seen }) => !seen);
    return { ...count, view: viewOf(newestFirst, { uidValidity, uidNext }, look) };
  }
}

function viewOf(
  unseen: readonly SimulatedMessage[],
  state: { uidValidity: number; uidNext: number },
  { sinceUid, newest = 0 }: Look,
): InboxView {
  const since = sinceUid ?? state.uidNext;
  return {
    ...state,
    sinceUid: since,
    unseenSince: unseen
      .map(({ uid }) => uid)
      .filter(uid => uid >= since)
      .reverse(),
    newest: unseen.slice(0, newest).map(summaryOf),
  };
}

function summaryOf({ uid, from, subject, messageId, receivedAt }: SimulatedMessage): MessageSummary {
  const [, name, address] = /^(.*?)\s*<([^<>]*)>$/.exec(from) ?? [undefined, '', from];
  return {
    uid,
    messageId,
    fromName: name?.replaceAll('"', '') || null,
    fromAddress: address || null,
    subject: subject || null,
    receivedAt,
  };
}
