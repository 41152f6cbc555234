// Administrators' passwords: argon2id (RFC 9106), stored as a PHC string, so that the cost can rise later: an older
// string still verifies and says that it is outdated. Each computation takes 19 MiB, so only a few run at once and a
// bounded number waits: a flood of sign-ins cannot take the memory.

import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { newPasswordSchema } from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';

export type PasswordCost = { memoryKib: number; passes: number; parallelism: number };

/** What OWASP's Password Storage Cheat Sheet asks of argon2id. */
const defaultCost: PasswordCost = { memoryKib: 19_456, passes: 2, parallelism: 1 };

const saltBytes = 16;
const tagBytes = 32;
const longestPassword = 256;
const runningAtMost = 2;
const waitingAtMost = 50;
const retryAfterMs = 5000;

type Stored = { cost: PasswordCost; salt: Buffer; tag: Buffer };

const derive = promisify(argon2);

export class Passwords {
  readonly #random: Random;
  readonly #cost: PasswordCost;
  /** Nobody's: what an unknown account is compared with, at the same cost. */
  readonly #nobody: Stored;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor({ random, cost = defaultCost }: { random: Random; cost?: PasswordCost }) {
    this.#random = random;
    this.#cost = cost;
    this.#nobody = { cost, salt: random.bytes(saltBytes), tag: random.bytes(tagBytes) };
  }

  /** The PHC string of a password that `parseNewPassword` took. */
  async hash(password: string): Promise<string> {
    const salt = this.#random.bytes(saltBytes);
    const tag = await this.#derive(password, salt, this.#cost);
    return format({ cost: this.#cost, salt, tag });
  }

  /** For an unknown account (`undefined`) it takes as long as for a known one. */
  async verify(
    password: string,
    stored: string | undefined,
  ): Promise<{ matches: boolean; outdated: boolean }> {
    const { cost, salt, tag } = stored === undefined ? this.#nobody : parse(stored);
    const derived = await this.#derive(password.slice(0, longestPassword), salt, cost);
    const same = timingSafeEqual(derived, tag);
    const matches = same && stored !== undefined && password.length <= longestPassword;
    return { matches, outdated: isCheaper(cost, this.#cost) };
  }

  async #derive(password: string, nonce: Buffer, cost: PasswordCost): Promise<Buffer> {
    await this.#turn();
    try {
      return await derive('argon2id', {
        message: password.normalize('NFKC'), // keyboards differ in how they compose a letter
        nonce,
        memory: cost.memoryKib,
        passes: cost.passes,
        parallelism: cost.parallelism,
        tagLength: tagBytes,
      });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= runningAtMost) {
      if (this.#waiting.length >= waitingAtMost) {
        throw new AppError('overloaded', 'too many passwords are being checked', { retryAfterMs });
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

/** Throws `password-unfit`. */
export function parseNewPassword(text: string): string {
  const result = newPasswordSchema.safeParse(text);
  if (result.success) return result.data;
  throw new AppError('password-unfit', 'the new password cannot be used', {
    hint: 'it takes 12 to 256 characters',
  });
}

/** 125 random bits, for somebody to change. */
export function generatePassword(random: Random): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const letters = Array.from(random.bytes(25), byte => alphabet[byte % alphabet.length]).join('');
  return (letters.match(/.{5}/g) ?? []).join('-');
}

function isCheaper(cost: PasswordCost, than: PasswordCost): boolean {
  return cost.memoryKib < than.memoryKib || cost.passes < than.passes;
}

function format({ cost, salt, tag }: Stored): string {
  const { memoryKib, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function parse(text: string): Stored {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/.exec(
    text,
  );
  if (match === null) throw new Error('a stored password is no PHC string of argon2id');
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  return {
    cost: { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

/** PHC strings have no padding. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
