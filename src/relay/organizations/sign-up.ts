// An organization signs itself up: it names itself and its first administrator, publishes a TXT record, and is there
// once the record was seen. Until then there is nothing but a row that expires. Several may try for one domain, each
// with a record of its own: whose record is seen first has it. Whether an account or a sign-up exists is told to
// nobody who did not prove the domain.

import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { SignUpRequest } from '../../contract/console/relay-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { networkOf } from '../../runtime/http/client-address.ts';
import { opaqueId, type Random } from '../../runtime/random.ts';
import { RateTable } from '../../runtime/rate-table.ts';
import { addAdministrator, parseEmail } from '../administrators/administrators.ts';
import { type Actor, recordAudit } from '../administrators/audit-log.ts';
import { type Passwords, parseNewPassword } from '../administrators/password.ts';
import type { RelaySchema } from '../database/schema.ts';
import {
  checkDomainProof,
  type DomainRecord,
  domainRecord,
  type LookUpTxt,
  newDomainToken,
} from './domain-proof.ts';
import { insertOrganization, parseAbout, parseDomain } from './organizations.ts';

export const signUpLifetimeMs = 7 * 24 * 3_600_000;
const pendingAtMost = 1000;
const pendingPerNetwork = 10;
const slots = 4096;
const overloadedRetryAfterMs = 3_600_000;

export type BegunSignUp = { id: string; domain: string; record: DomainRecord; expiresAt: number };

type Throttled = { kind: 'throttled'; retryAfterMs: number };

export type SignUpCheck =
  /** Organization and administrator exist, and may sign in. */
  { kind: 'completed' } | { kind: 'not-proved'; detail: string } | Throttled;

type Pending = {
  id: string;
  domain: string;
  name: string;
  contact: string;
  email: string;
  password_hash: string;
  domain_token: string;
};

export class SignUps {
  readonly #db: Kysely<RelaySchema>;
  readonly #open: boolean;
  readonly #passwords: Passwords;
  readonly #lookUpTxt: LookUpTxt;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #beginnings: RateTable;
  readonly #checks: RateTable;

  constructor({ db, open, passwords, lookUpTxt, clock, random }: SignUpCollaborators) {
    this.#db = db;
    this.#open = open;
    this.#passwords = passwords;
    this.#lookUpTxt = lookUpTxt;
    this.#clock = clock;
    this.#random = random;
    this.#beginnings = new RateTable({ clock, slots, rate: { burst: 5, intervalMs: 600_000 } });
    this.#checks = new RateTable({ clock, slots, rate: { burst: 10, intervalMs: 5000 } });
  }

  /** Whether the relay's operator lets organizations sign themselves up. */
  get open(): boolean {
    return this.#open;
  }

  /** Throws `sign-up-closed`, `organization-exists`, `overloaded`. */
  async begin(
    request: SignUpRequest,
    { address }: { address: string },
  ): Promise<({ kind: 'begun' } & BegunSignUp) | Throttled> {
    this.#assertOpen();
    const domain = parseDomain(request.domain);
    const email = parseEmail(request.email);
    const { name, contact } = parseAbout(request);
    const password = parseNewPassword(request.password);
    const network = networkOf(address);
    const retryAfterMs = this.#beginnings.take(keyOf(network));
    if (retryAfterMs > 0) return { kind: 'throttled', retryAfterMs };
    await this.#assertRoom(network);
    await assertFree(this.#db, domain);
    const passwordHash = await this.#passwords.hash(password);
    const now = this.#clock.now();
    const expiresAt = now + signUpLifetimeMs;
    const id = opaqueId(this.#random);
    const token = newDomainToken(this.#random);
    await this.#db.transaction().execute(async transaction => {
      await transaction
        .insertInto('sign_up')
        .values({
          id,
          domain,
          name: name ?? domain,
          contact: contact ?? email,
          email,
          password_hash: passwordHash,
          domain_token: token,
          address: network,
          created_at: now,
          expires_at: expiresAt,
        })
        .execute();
      await recordAudit(transaction, {
        ...actorOf(email, address),
        at: now,
        organizationId: null,
        action: 'sign-up.begin',
        subject: domain,
      });
    });
    return { kind: 'begun', id, domain, record: domainRecord(domain, token), expiresAt };
  }

  /** Throws `sign-up-closed`, `sign-up-not-found`, `organization-exists` when another was faster, `administrator-exists`. */
  async check(id: string, { address }: { address: string }): Promise<SignUpCheck> {
    this.#assertOpen();
    const retryAfterMs = this.#checks.take(keyOf(networkOf(address)));
    if (retryAfterMs > 0) return { kind: 'throttled', retryAfterMs };
    const row = await this.#db
      .selectFrom('sign_up')
      .selectAll()
      .where('id', '=', id)
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirst();
    if (row === undefined) throw signUpNotFound();
    if (row.completed_at !== null) return { kind: 'completed' };
    await assertFree(this.#db, row.domain); // told before a name server is asked: nothing can come of it
    const proof = await checkDomainProof(this.#lookUpTxt, { domain: row.domain, token: row.domain_token });
    if (proof.kind !== 'proved') return { kind: 'not-proved', detail: proof.detail };
    await this.#complete(row, actorOf(row.email, address));
    return { kind: 'completed' };
  }

  /** All or nothing; of two checks at once the second finds it done. */
  async #complete(pending: Pending, actor: Actor): Promise<void> {
    const now = this.#clock.now();
    const random = this.#random;
    await this.#db.transaction().execute(async transaction => {
      const claimed = await transaction
        .updateTable('sign_up')
        .set({ completed_at: now, password_hash: '' })
        .where('id', '=', pending.id)
        .where('completed_at', 'is', null)
        .executeTakeFirst();
      if (claimed.numUpdatedRows !== 1n) return;
      const { domain, name, contact, email } = pending;
      const organizationId = await insertOrganization(
        transaction,
        { domain, name, contact, domainToken: pending.domain_token },
        { now, random },
      );
      if (organizationId === undefined) throw organizationExists(domain);
      const audited = { ...actor, at: now, organizationId, subject: domain };
      await recordAudit(transaction, { ...audited, action: 'sign-up.complete' });
      await recordAudit(transaction, { ...audited, action: 'organization.add' });
      await addAdministrator(
        transaction,
        { email, role: 'administrator', organizationId, passwordHash: pending.password_hash },
        { now, actor, random },
      );
    });
  }

  async #assertRoom(network: string): Promise<void> {
    const counted = await this.#db
      .selectFrom('sign_up')
      .select(({ fn }) => [
        fn.countAll<number>().as('pending'),
        fn.countAll<number>().filterWhere('address', '=', network).as('ofNetwork'),
      ])
      .where('completed_at', 'is', null)
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirstOrThrow();
    if (counted.pending < pendingAtMost && counted.ofNetwork < pendingPerNetwork) return;
    throw new AppError('overloaded', 'too many sign-ups wait for their record', {
      hint: 'publish the record of one that was begun, or come back later',
      retryAfterMs: overloadedRetryAfterMs,
    });
  }

  #assertOpen(): void {
    if (this.#open) return;
    throw new AppError('sign-up-closed', 'this relay takes no organizations by itself', {
      hint: 'ask its operator: mailbadge relay organization add <domain>, or self_service_sign_up: true in the configuration',
    });
  }
}

export type SignUpCollaborators = {
  db: Kysely<RelaySchema>;
  /** The configuration's `self_service_sign_up`. */
  open: boolean;
  passwords: Passwords;
  lookUpTxt: LookUpTxt;
  clock: Clock;
  random: Random;
};

/** Forgets those that have expired; returns how many. */
export async function purgeSignUps(db: Kysely<RelaySchema>, now: number): Promise<number> {
  const result = await db.deleteFrom('sign_up').where('expires_at', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}

async function assertFree(db: Kysely<RelaySchema>, domain: string): Promise<void> {
  const taken = await db
    .selectFrom('organization')
    .select('id')
    .where('domain', '=', domain)
    .executeTakeFirst();
  if (taken !== undefined) throw organizationExists(domain);
}

function organizationExists(domain: string): AppError {
  return new AppError('organization-exists', `the organization ${domain} exists already`, {
    hint: 'sign in as one of its administrators, or ask the relay’s operator',
  });
}

function signUpNotFound(): AppError {
  return new AppError('sign-up-not-found', 'there is no such sign-up, or it has expired', {
    hint: 'begin again: the record then has another value',
  });
}

/** Nobody vouches for the address yet: it is what the person said. */
function actorOf(email: string, address: string): Actor {
  return { actorKind: 'administrator', actor: email, address };
}

function keyOf(network: string): Buffer {
  return createHash('sha256').update(network).digest();
}
