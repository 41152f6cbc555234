// Mailboxes in memory, as an IMAP server with CONDSTORE keeps them: each message has a UID that is never used again,
// each change a higher modification sequence. Bounded: a full mailbox drops its oldest message.

import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';

export type SimulatedMessage = {
  uid: number;
  from: string;
  subject: string;
  /** Without angle brackets. */
  messageId: string | null;
  receivedAt: number;
  seen: boolean;
};

export type MailboxStatus = { unseen: number; uidValidity: number; uidNext: number; modSeq: number };

export type MailboxChange = {
  mailbox: string;
  cause: 'added' | 'flagged' | 'deleted';
  status: MailboxStatus;
};

type Mailbox = {
  password: string | undefined;
  messages: Map<number, SimulatedMessage>;
  nextUid: number;
  modSeq: number;
};

const limits = { mailboxes: 1000, messages: 1000 } as const;

export class SimulatedMailboxes {
  readonly #clock: Clock;
  /** RFC 3501 §2.3.1.1: another one tells clients to forget what they know; 32 bits. */
  readonly #uidValidity: number;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #listeners = new Set<(change: MailboxChange) => void>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
    this.#uidValidity = Math.floor(clock.now() / 1000);
  }

  /** Makes the mailbox, or changes its password; false when there are too many. */
  open(name: string, { password }: { password?: string } = {}): boolean {
    const mailbox = this.#mailboxes.get(name);
    if (mailbox !== undefined) {
      if (password !== undefined) mailbox.password = password;
      return true;
    }
    if (this.#mailboxes.size >= limits.mailboxes) return false;
    this.#mailboxes.set(name, { password, messages: new Map(), nextUid: 1, modSeq: 1 });
    return true;
  }

  /** The whole mailbox goes, as when its user is deleted. */
  remove(name: string): void {
    this.#mailboxes.delete(name);
  }

  signIn(name: string, password: string): boolean {
    const expected = Buffer.from(this.#mailboxes.get(name)?.password ?? '');
    const given = Buffer.from(password);
    return expected.length > 0 && expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** Undefined when there is no such mailbox. */
  status(name: string): MailboxStatus | undefined {
    const mailbox = this.#mailboxes.get(name);
    return mailbox === undefined ? undefined : this.#statusOf(mailbox);
  }

  /** Newest first. */
  list(name: string): SimulatedMessage[] {
    return [...(this.#mailboxes.get(name)?.messages.values() ?? [])].reverse();
  }

  append(
    name: string,
    {
      from,
      subject,
      messageId = null,
      seen = false,
    }: { from: string; subject: string; messageId?: string | null; seen?: boolean },
  ): number {
    if (!this.open(name)) throw new RangeError(`more than ${limits.mailboxes} mailboxes`);
    const mailbox = this.#mailbox(name);
    const uid = mailbox.nextUid++;
    mailbox.messages.set(uid, { uid, from, subject, messageId, seen, receivedAt: this.#clock.now() });
    if (mailbox.messages.size > limits.messages)
      mailbox.messages.delete(mailbox.messages.keys().next().value ?? 0);
    this.#changed(name, mailbox, 'added');
    return uid;
  }

  /** False when there is no such message. */
  setSeen(name: string, uid: number, seen: boolean): boolean {
    const mailbox = this.#mailboxes.get(name);
    const message = mailbox?.messages.get(uid);
    if (mailbox === undefined || message === undefined) return false;
    if (message.seen === seen) return true; // RFC 7162 §3.1.1: a STORE that changes nothing is no change
    message.seen = seen;
    this.#changed(name, mailbox, 'flagged');
    return true;
  }

  delete(name: string, uid: number): boolean {
    const mailbox = this.#mailboxes.get(name);
    if (mailbox?.messages.delete(uid) !== true) return false;
    this.#changed(name, mailbox, 'deleted');
    return true;
  }

  onChange(listener: (change: MailboxChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #mailbox(name: string): Mailbox {
    const mailbox = this.#mailboxes.get(name);
    if (mailbox === undefined) throw new RangeError(`no mailbox ${name}`);
    return mailbox;
  }

  #statusOf({ messages, nextUid: uidNext, modSeq }: Mailbox): MailboxStatus {
    let unseen = 0;
    for (const message of messages.values()) if (!message.seen) unseen++;
    return { unseen, uidValidity: this.#uidValidity, uidNext, modSeq };
  }

  #changed(name: string, mailbox: Mailbox, cause: MailboxChange['cause']): void {
    mailbox.modSeq++;
    const change: MailboxChange = { mailbox: name, cause, status: this.#statusOf(mailbox) };
    for (const listener of this.#listeners) listener(change);
  }
}
