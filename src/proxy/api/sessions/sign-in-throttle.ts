// Slows the guessing of passwords. Every attempt is counted before its outcome is known (a hundred guesses at once
// are a hundred), a refused one is not counted at all (a flood cannot prolong its own lock for others), and what was
// counted is forgiven with time. Three counters, each for what the others cannot see:
//   pair     mailbox + address: somebody guesses one mailbox; a success clears it
//   address  somebody tries many mailboxes; a success does not clear it, or a guesser would use his own account
//   mailbox  many addresses guess one mailbox; waits at most half a minute, and never holds up an installation that
//            has been signed in to this mailbox before: its owner is not locked out by others.

import type { Clock } from '../../../runtime/clock.ts';
import { networkOf } from '../../../runtime/http/client-address.ts';

type Rule = { free: number; forgiveEveryMs: number; baseMs: number; maxMs: number };

const rules = {
  pair: { free: 4, forgiveEveryMs: 300_000, baseMs: 1000, maxMs: 900_000 },
  address: { free: 20, forgiveEveryMs: 60_000, baseMs: 1000, maxMs: 900_000 },
  mailbox: { free: 20, forgiveEveryMs: 60_000, baseMs: 1000, maxMs: 30_000 },
} as const satisfies Record<string, Rule>;

export type SignInAttempt = {
  /** The credential was right. */
  succeeded(): void;
  /** Nobody could tell: the attempt is taken back. */
  undecided(): void;
};

export class SignInThrottle {
  readonly #pairs: Counters;
  readonly #addresses: Counters;
  readonly #mailboxes: Counters;

  constructor({ clock, capacity = 20_000 }: { clock: Clock; capacity?: number }) {
    this.#pairs = new Counters(rules.pair, clock, capacity);
    this.#addresses = new Counters(rules.address, clock, capacity);
    this.#mailboxes = new Counters(rules.mailbox, clock, capacity);
  }

  /** `known`: this installation has been signed in to this mailbox before. A number is how long to wait (ms). */
  begin({
    mailbox,
    address,
    known,
  }: {
    mailbox: string;
    address: string;
    known: boolean;
  }): SignInAttempt | number {
    const network = networkOf(address);
    const pair = `${network} ${mailbox}`;
    const waitMs = Math.max(
      this.#pairs.waitMs(pair),
      this.#addresses.waitMs(network),
      known ? 0 : this.#mailboxes.waitMs(mailbox),
    );
    if (waitMs > 0) return waitMs;
    this.#pairs.add(pair);
    this.#addresses.add(network);
    if (!known) this.#mailboxes.add(mailbox);
    return {
      succeeded: () => {
        this.#pairs.clear(pair);
        this.#addresses.takeBack(network);
        this.#mailboxes.clear(mailbox);
      },
      undecided: () => {
        this.#pairs.takeBack(pair);
        this.#addresses.takeBack(network);
        if (!known) this.#mailboxes.takeBack(mailbox);
      },
    };
  }
}

type Entry = { level: number; at: number };

/**
 * Leaky counters by key: one is forgiven every so often; over `free` the wait doubles with each. The least recently
 * counted key is dropped when the table is full.
 */
class Counters {
  readonly #entries = new Map<string, Entry>();
  readonly #rule: Rule;
  readonly #clock: Clock;
  readonly #capacity: number;

  constructor(rule: Rule, clock: Clock, capacity: number) {
    this.#rule = rule;
    this.#clock = clock;
    this.#capacity = capacity;
  }

  waitMs(key: string): number {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 0;
    const over = Math.round(entry.level) - this.#rule.free;
    if (over < 0) return 0;
    const delayMs = Math.min(this.#rule.maxMs, this.#rule.baseMs * 2 ** Math.min(over, 30));
    return Math.max(0, entry.at + delayMs - this.#clock.monotonic());
  }

  add(key: string): void {
    this.#set(key, this.#level(key) + 1);
  }

  takeBack(key: string): void {
    const level = this.#level(key) - 1;
    if (level > 0) this.#set(key, level);
    else this.clear(key);
  }

  clear(key: string): void {
    this.#entries.delete(key);
  }

  #level(key: string): number {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 0;
    return Math.max(0, entry.level - (this.#clock.monotonic() - entry.at) / this.#rule.forgiveEveryMs);
  }

  #set(key: string, level: number): void {
    this.#entries.delete(key); // to the end: a Map keeps the order of insertion
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value ?? '');
    this.#entries.set(key, { level, at: this.#clock.monotonic() });
  }
}
