// The demo's mail server as a mail source of the proxy, through the interface that Dovecot and IMAP servers come by.

import type {
  MailboxEvent,
  MailboxSource,
  RecountResult,
  SignInResult,
  WatchedMailbox,
} from '../proxy/mailboxes/mailbox-source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Secret } from '../runtime/secrets.ts';
import type { MailboxStatus, SimulatedMailboxes } from '../simulators/mail-server/simulated-mailboxes.ts';

export class SimulatedSource implements MailboxSource {
  readonly name = 'simulated';
  readonly needsPassword = false;
  readonly #mailboxes: SimulatedMailboxes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #watched = new Set<string>();
  #subscription: Disposable | undefined;

  constructor({ mailboxes, clock, random }: { mailboxes: SimulatedMailboxes; clock: Clock; random: Random }) {
    this.#mailboxes = mailboxes;
    this.#clock = clock;
    this.#random = random;
  }

  async start(listener: (event: MailboxEvent) => void): Promise<void> {
    this.#subscription = this.#mailboxes.onChange(({ mailbox, status }) => {
      if (!this.#watched.has(mailbox)) return;
      listener({
        kind: 'counted',
        mailboxId: mailbox,
        traceId: this.#random.bytes(16).toString('hex'),
        observedAt: this.#clock.now(),
        count: countOf(status),
        cause: 'event',
      });
    });
  }

  watch({ id }: WatchedMailbox): void {
    this.#watched.add(id);
  }

  unwatch(mailboxId: string): void {
    this.#watched.delete(mailboxId);
  }

  async recount(mailboxes: readonly WatchedMailbox[]): Promise<RecountResult[]> {
    return mailboxes.map(({ id: mailboxId }) => {
      const status = this.#mailboxes.status(mailboxId);
      return status === undefined
        ? { mailboxId, outcome: 'gone', detail: 'the simulated mail server has no such mailbox' }
        : { mailboxId, outcome: 'counted', count: countOf(status) };
    });
  }

  async signIn(signInName: string, password: Secret): Promise<SignInResult> {
    const accepted = this.#mailboxes.signIn(signInName.toLowerCase(), password.reveal());
    return { outcome: accepted ? 'accepted' : 'refused' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
  }
}

function countOf({ unseen, uidValidity, modSeq }: MailboxStatus) {
  return { unseen, version: { uidValidity, modSeq } };
}
