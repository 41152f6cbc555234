// The rotation of certificates while the proxy runs, so that no administrator is ever surprised by an end: a successor
// is made and staged in time, registered at the relay, and takes over at its date; an expired predecessor is cleared.
// Invariant: the key that signs is one that the relay knows, as long as there is such a key. Every change is a
// transaction on the roles it was judged on, under the lease: of two processes only one makes a successor.

import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import { backoffMs, type Random } from '../../runtime/random.ts';
import type { Lease } from '../database/lease.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import { keyKindOf, keyKinds, makeCertificate } from './certificates/certificate.ts';
import { readRoles, storeRoles } from './certificates/certificate-roles.ts';
import { effectiveDate, renewalAt, successorLifetimeMs } from './certificates/renewal.ts';
import { judgeRoleAct, type RoleAct, type Roles } from './certificates/role-rules.ts';
import { registerCertificate } from './enrolment/register-certificate.ts';
import type { RelayAccess } from './relay/relay-access.ts';
import { type RelayFailure, relayFailureError } from './relay/relay-failure.ts';
import { clearRotationFailure, storeRotationFailure } from './rotation-failure.ts';

const everyMs = 3_600_000;
const soonMs = 1000;
const retry = { baseMs: 60_000, maxMs: everyMs };

type Collaborators = {
  db: Kysely<ProxySchema>;
  lease: Lease;
  access: RelayAccess;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  renewBeforeMs: number;
};

export class CertificateRotation implements AsyncDisposable {
  readonly #collaborators: Collaborators;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #pass: Promise<void> | undefined;
  #failures = 0;
  /** The roles after the last pass: what another process changed is looked at without delay. */
  #seen = '';

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  /** Does not wait for the relay. */
  start(): void {
    this.#begin();
  }

  /** Another process wrote to the database. */
  async wake(): Promise<void> {
    if (JSON.stringify(await readRoles(this.#collaborators.db)) !== this.#seen) this.#begin();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    await this.#pass;
  }

  #begin(): void {
    if (this.#pass !== undefined || this.#stopping.signal.aborted) return;
    this.#timer?.cancel();
    this.#pass = this.#run().finally(() => {
      this.#pass = undefined;
    });
  }

  async #run(): Promise<void> {
    const { db, random } = this.#collaborators;
    let delayMs = everyMs - Math.floor((random.fraction() * everyMs) / 10);
    try {
      await this.#look();
      await clearRotationFailure(db);
      this.#failures = 0;
      const roles = await readRoles(db);
      this.#seen = JSON.stringify(roles);
      delayMs = Math.min(delayMs, this.#untilNextAct(roles));
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      delayMs = backoffMs(random, this.#failures++, retry);
      await this.#tell(error, delayMs);
    }
    if (this.#stopping.signal.aborted) return;
    this.#timer = this.#collaborators.clock.after(delayMs, () => this.#begin(), { background: true });
  }

  async #look(): Promise<void> {
    const { db, clock } = this.#collaborators;
    const { previous } = await readRoles(db);
    if (previous !== undefined && clock.now() >= previous.notAfter) {
      await this.#act({ act: 'clear-previous' });
    }
    const { current, next } = await readRoles(db);
    const now = clock.now();
    const due = current !== undefined && now >= renewalAt(current, this.#collaborators);
    if (due && next === undefined && now < current.notAfter && this.#connected())
      await this.#makeNext(current.id);
    await this.#registerNext();
    const rolled = await this.#act({ act: 'roll' });
    if (rolled?.current === undefined) return;
    const { thumbprint } = rolled.current;
    this.#collaborators.events.record({ kind: 'certificate-rolled', thumbprint });
    await this.#collaborators.access.reload();
  }

  /** Judges and stores in one transaction; undefined when nothing was to be done. */
  #act(act: RoleAct): Promise<Roles | undefined> {
    const { db, lease, clock } = this.#collaborators;
    return db.transaction().execute(async transaction => {
      await lease.assertHeld(transaction);
      const judged = await readRoles(transaction);
      const now = clock.now();
      const verdict = judgeRoleAct(judged, act, { now, connected: this.#connected() });
      if (verdict.kind === 'refused') {
        throw new AppError(verdict.code, verdict.message, { hint: verdict.hint });
      }
      if (verdict.kind !== 'done') return undefined;
      await storeRoles(transaction, { judged, roles: verdict.roles, now });
      return verdict.roles;
    });
  }

  /** The key is made before the transaction: that of RSA 4096 takes seconds. */
  async #makeNext(currentId: string): Promise<void> {
    const { db, lease, access, clock, random, events } = this.#collaborators;
    const { state } = access.trust;
    if (state.kind === 'failed') throw relayFailureError(state.failure);
    const { key, enrolment } = state.connection;
    const { certificate, privateKey } = await makeCertificate({
      organization: enrolment.organization,
      kind: keyKindOf(key.certificate.publicKey) ?? keyKinds[0],
      lifetimeMs: successorLifetimeMs(key.certificate),
      now: clock.now(),
      random,
    });
    const effectiveAt = await db.transaction().execute(async transaction => {
      await lease.assertHeld(transaction);
      const judged = await readRoles(transaction);
      const { current, next } = judged;
      if (next !== undefined || current?.id !== currentId) return undefined; // somebody was quicker
      const stored = await access.certificates.add(certificate, privateKey, { db: transaction });
      const now = clock.now();
      const staged = { ...stored, effectiveAt: effectiveDate(current, now) };
      await storeRoles(transaction, { judged, roles: { ...judged, next: staged }, now });
      return staged.effectiveAt;
    });
    if (effectiveAt === undefined) return;
    events.record({ kind: 'certificate-staged', thumbprint: certificate.thumbprint, effectiveAt });
  }

  async #registerNext(): Promise<void> {
    const { db, access, events } = this.#collaborators;
    const { next } = await readRoles(db);
    if (next === undefined || next.registeredAt !== null || !this.#connected()) return;
    const key = await access.certificates.find(next.id);
    const failure = await registerCertificate(access, key, { signal: this.#stopping.signal });
    if (failure !== undefined) throw relayFailureError(failure);
    events.record({ kind: 'certificate-registered', thumbprint: next.thumbprint });
  }

  /** Enrolled, whether or not the relay answers just now. */
  #connected(): boolean {
    return this.#collaborators.access.trust.state.kind === 'connected';
  }

  #untilNextAct({ current, next }: Roles): number {
    // Somebody staged one while we looked.
    if (next?.registeredAt === null && this.#connected()) return soonMs;
    const now = this.#collaborators.clock.now();
    const dates = [
      next?.effectiveAt,
      current && next === undefined ? renewalAt(current, this.#collaborators) : undefined,
    ];
    const ahead = dates.filter(at => at !== undefined && at > now).map(at => (at ?? 0) - now);
    return Math.min(...ahead, everyMs);
  }

  async #tell(error: unknown, retryInMs: number): Promise<void> {
    const { db, clock, events } = this.#collaborators;
    const failure: RelayFailure =
      error instanceof AppError
        ? { code: error.code, message: error.message, hint: error.hint ?? 'look into the log' }
        : { code: 'internal-error', message: describeError(error), hint: 'look into the log' };
    const { code: errorCode, message } = failure;
    events.record({ kind: 'certificate-rotation-failed', errorCode, error: message, retryInMs });
    try {
      await storeRotationFailure(db, failure, { now: clock.now(), retryInMs });
    } catch (cause) {
      events.record({ kind: 'storing-failed', what: 'certificate-rotation', error: describeError(cause) });
    }
  }
}
