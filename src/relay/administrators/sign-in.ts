// Signing in to the relay's console, and showing the password again before something grave. Whoever guesses learns
// neither whether an account exists nor why it is refused: an unknown, a disabled and a known account with a wrong
// password are answered alike and cost the same time.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { RateTable } from '../../runtime/rate-table.ts';
import type { Secret, SecretBox } from '../../runtime/secrets.ts';
import type { RelaySchema } from '../database/schema.ts';
import { type Administrator, administratorById } from './administrators.ts';
import { recordAudit } from './audit-log.ts';
import type { Passwords } from './password.ts';
import { openSession, type SessionOrigin } from './sessions.ts';
import { SignInThrottle } from './sign-in-throttle.ts';
import { useTotpCode } from './totp.ts';

export type SignInRequest = { email: string; password: string; totp?: string | undefined };

type Refusal =
  /** The password is right; the one-time code is missing. */
  { kind: 'totp-required' } | { kind: 'refused' } | { kind: 'throttled'; retryAfterMs: number };

export type SignInResult = { kind: 'signed-in'; token: Secret; administrator: Administrator } | Refusal;
export type PasswordAgainResult = { kind: 'confirmed' } | Refusal;

/** So many refusals are written down at most: a flood of guesses must not fill the disk. */
const refusalsKept = { burst: 100, intervalMs: 30_000 };

type Account = { id: string; passwordHash: string; sealedTotpSecret: string | null; disabled: boolean };

export class SignIn {
  readonly #db: Kysely<RelaySchema>;
  readonly #passwords: Passwords;
  readonly #box: SecretBox;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #throttle: SignInThrottle;
  readonly #refusals: RateTable;

  constructor({
    db,
    passwords,
    box,
    clock,
    random,
  }: { db: Kysely<RelaySchema>; passwords: Passwords; box: SecretBox; clock: Clock; random: Random }) {
    this.#db = db;
    this.#passwords = passwords;
    this.#box = box;
    this.#clock = clock;
    this.#random = random;
    this.#throttle = new SignInThrottle({ clock });
    this.#refusals = new RateTable({ clock, slots: 8, rate: refusalsKept });
  }

  /** `email` is lower case, as `emailSchema` makes it. */
  async signIn(request: SignInRequest, origin: SessionOrigin): Promise<SignInResult> {
    const judged = await this.#judge(request, origin.address);
    if (judged.kind !== 'right') return judged;
    const { account } = judged;
    const now = this.#clock.now();
    return this.#db.transaction().execute(async transaction => {
      const changed = await transaction
        .updateTable('administrator')
        .set({ last_sign_in_at: now })
        .where('id', '=', account.id)
        .where('password_hash', '=', account.passwordHash) // it may have been changed while it was checked
        .where('disabled_at', 'is', null)
        .executeTakeFirst();
      const administrator = await administratorById(transaction, account.id);
      if (changed.numUpdatedRows !== 1n || administrator === undefined) return { kind: 'refused' };
      const { email, organizationId } = administrator;
      await recordAudit(transaction, {
        at: now,
        actorKind: 'administrator',
        actor: email,
        address: origin.address,
        organizationId,
        action: 'session.sign-in',
      });
      const token = await openSession(transaction, account.id, origin, { now, random: this.#random });
      return { kind: 'signed-in', token, administrator };
    });
  }

  /** The password again (and the code, where one is set up) of somebody who is signed in. */
  async passwordAgain(
    { email }: Administrator,
    { password, totp }: { password: string; totp?: string | undefined },
    { address }: { address: string },
  ): Promise<PasswordAgainResult> {
    const judged = await this.#judge({ email, password, totp }, address);
    return judged.kind === 'right' ? { kind: 'confirmed' } : judged;
  }

  async #judge(
    { email, password, totp }: SignInRequest,
    address: string,
  ): Promise<{ kind: 'right'; account: Account } | Refusal> {
    const attempt = this.#throttle.begin({ account: email, address });
    if (typeof attempt === 'number') return { kind: 'throttled', retryAfterMs: attempt };
    const account = await this.#accountOf(email);
    const { matches, outdated } = await this.#passwords.verify(password, account?.passwordHash);
    if (account === undefined || !matches || account.disabled) return this.#refuse(email, address);
    if (account.sealedTotpSecret !== null) {
      if (totp === undefined) {
        attempt.harmless();
        return { kind: 'totp-required' };
      }
      const { id, sealedTotpSecret: sealedSecret } = account;
      const code = { box: this.#box, now: this.#clock.now() };
      if (!(await useTotpCode(this.#db, { id, sealedSecret }, totp, code)))
        return this.#refuse(email, address);
    }
    attempt.succeeded();
    return { kind: 'right', account: outdated ? await this.#rehash(account, password) : account };
  }

  async #accountOf(email: string): Promise<Account | undefined> {
    const row = await this.#db
      .selectFrom('administrator')
      .select(['id', 'password_hash', 'sealed_totp_secret', 'disabled_at'])
      .where('email', '=', email)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id: row.id,
      passwordHash: row.password_hash,
      sealedTotpSecret: row.sealed_totp_secret,
      disabled: row.disabled_at !== null,
    };
  }

  /** Stores the password at today's cost, unless it was changed meanwhile. */
  async #rehash(account: Account, password: string): Promise<Account> {
    const passwordHash = await this.#passwords.hash(password);
    const changed = await this.#db
      .updateTable('administrator')
      .set({ password_hash: passwordHash })
      .where('id', '=', account.id)
      .where('password_hash', '=', account.passwordHash)
      .executeTakeFirst();
    return changed.numUpdatedRows === 1n ? { ...account, passwordHash } : account;
  }

  async #refuse(email: string, address: string): Promise<Refusal> {
    if (this.#refusals.take(everybody) === 0) {
      const row = await this.#db
        .selectFrom('administrator')
        .select('organization_id')
        .where('email', '=', email)
        .executeTakeFirst();
      await recordAudit(this.#db, {
        at: this.#clock.now(),
        actorKind: 'administrator',
        actor: email,
        address,
        organizationId: row?.organization_id ?? null,
        action: 'session.refuse',
      });
    }
    return { kind: 'refused' };
  }
}

/** One key for all: the log is one. */
const everybody = Buffer.alloc(8);
