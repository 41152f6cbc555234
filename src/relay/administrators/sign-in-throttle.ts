// Slows the guessing of administrators' passwords and one-time codes. Every attempt is counted before its outcome is
// known, so a hundred guesses at once are a hundred; what came to nothing bad is given back. Three counters, each for
// what the others cannot see: account + address (one guesses one account), address (one guesses many), account (many
// addresses guess one). The last holds up nobody at an address from which the account was signed in to before, so
// its owner is not locked out by others. Memory is of a fixed size.

import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { networkOf } from '../../runtime/http/client-address.ts';
import { RateTable } from '../../runtime/rate-table.ts';

const slots = 16_384;
const knownPairsKept = 10_000;

export type SignInAttempt = {
  /** Nothing was guessed wrong: the attempt costs the account nothing. */
  harmless(): void;
  succeeded(): void;
};

export class SignInThrottle {
  readonly #pairs: RateTable;
  readonly #addresses: RateTable;
  readonly #accounts: RateTable;
  /** Where accounts were signed in to; the most recent stand last. */
  readonly #known = new Set<string>();

  constructor({ clock }: { clock: Clock }) {
    this.#pairs = new RateTable({ clock, slots, rate: { burst: 5, intervalMs: 60_000 } });
    this.#addresses = new RateTable({ clock, slots, rate: { burst: 20, intervalMs: 30_000 } });
    this.#accounts = new RateTable({ clock, slots, rate: { burst: 20, intervalMs: 60_000 } });
  }

  /** A number is how long to wait (ms). */
  begin({ account, address }: { account: string; address: string }): SignInAttempt | number {
    const network = networkOf(address);
    const pair = `${account} ${network}`;
    const counters: [RateTable, Buffer][] = [
      [this.#addresses, keyOf(network)],
      [this.#pairs, keyOf(pair)],
    ];
    if (!this.#known.has(pair)) counters.push([this.#accounts, keyOf(account)]);
    const taken: [RateTable, Buffer][] = [];
    for (const [table, key] of counters) {
      const waitMs = table.take(key);
      if (waitMs > 0) {
        giveBack(taken); // whoever is refused is not counted: a flood cannot prolong a lock for others
        return waitMs;
      }
      taken.push([table, key]);
    }
    return {
      harmless: () => giveBack(taken.slice(1)),
      succeeded: () => {
        giveBack(taken);
        this.#remember(pair);
      },
    };
  }

  #remember(pair: string): void {
    this.#known.delete(pair);
    this.#known.add(pair);
    if (this.#known.size > knownPairsKept) this.#known.delete(this.#known.values().next().value ?? '');
  }
}

function giveBack(taken: readonly [RateTable, Buffer][]): void {
  for (const [table, key] of taken) table.giveBack(key);
}

function keyOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
