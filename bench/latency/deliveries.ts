// Mails sent at a steady rate, each matched with the moment when somebody learned of it. Nobody reads these mails, so
// whatever tells a mailbox's count (a badge, an event, EXISTS) tells how many of its mails have arrived there.

import { setTimeout } from 'node:timers/promises';
import { type DeliveryTimes, deliverByLmtp } from '../../test/fixtures/imap-client.ts';

const arrivalDeadlineMs = 10_000;

export type Mail = Partial<DeliveryTimes> & {
  /** Monotonic ms, like the others; undefined: nobody learned of it. */
  arrivedAt?: number;
  /** Learned of together with a later mail to the same mailbox. */
  coalesced?: boolean;
};

export class Deliveries {
  readonly #lmtpPort: number;
  readonly #mailboxes: readonly string[];
  readonly #sent: Map<string, Mail[]>;
  #next = 0;

  constructor(lmtpPort: number, mailboxes: readonly string[]) {
    this.#lmtpPort = lmtpPort;
    this.#mailboxes = mailboxes;
    this.#sent = new Map(mailboxes.map(mailbox => [mailbox, []]));
  }

  /** How many mails the mailbox was sent in all. */
  sentTo(mailbox: string): number {
    return this.#sent.get(mailbox)?.length ?? 0;
  }

  /** Somebody learned that the mailbox holds `count` mails. */
  learned(mailbox: string, count: number): void {
    const at = performance.now();
    const mails = this.#sent.get(mailbox)?.slice(0, count) ?? [];
    for (const [index, mail] of mails.entries()) {
      if (mail.arrivedAt !== undefined) continue;
      mail.arrivedAt = at;
      mail.coalesced = index < count - 1;
    }
  }

  /** To the mailboxes in turn. Resolves when all have arrived, or are given up. */
  async send({ count, perSecond }: { count: number; perSecond: number }): Promise<Mail[]> {
    const mails: Mail[] = [];
    const delivered: Promise<void>[] = [];
    const startedAt = performance.now();
    for (let index = 0; index < count; index += 1) {
      await setTimeout(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
      const mailbox = this.#mailboxes[this.#next++ % this.#mailboxes.length] ?? '';
      const mail: Mail = {};
      mails.push(mail);
      this.#sent.get(mailbox)?.push(mail); // before it is sent: it may be learned of before it is accepted
      delivered.push(deliverByLmtp(this.#lmtpPort, mailbox).then(times => void Object.assign(mail, times)));
    }
    await Promise.all(delivered);
    const deadline = performance.now() + arrivalDeadlineMs;
    while (mails.some(mail => mail.arrivedAt === undefined) && performance.now() < deadline) {
      await setTimeout(20);
    }
    return mails;
  }
}
