// Tells in time what ends: certificates by role, their key credentials at the relay, the TLS certificate of the
// listener. Gauges are set hourly; the log hears of an end that comes near at most once a day.

import { X509Certificate } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { Expiry, ProxyEvents } from '../events.ts';
import { readRoles } from './certificates/certificate-roles.ts';
import { endOf } from './certificates/role-rules.ts';

const everyMs = 3_600_000;
const dayMs = 86_400_000;
const warnDays = 30;
/** The timer may come a little early. */
const againAfterMs = dayMs - everyMs / 2;

type Collaborators = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  events: ProxyEvents;
  /** PEM, as the listener presents it; undefined when a reverse proxy in front speaks TLS. */
  tlsCertificate: string | undefined;
};

export class ExpiryWatch implements Disposable {
  readonly #collaborators: Collaborators;
  readonly #toldAt = new Map<string, number>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(collaborators: Collaborators) {
    this.#collaborators = collaborators;
  }

  /** Rejects when the database cannot be read. */
  async start(): Promise<void> {
    await this.#look();
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #lookLater(): void {
    if (this.#stopped) return;
    const { clock, events } = this.#collaborators;
    const look = (): void => {
      this.#look()
        .catch(error =>
          events.record({ kind: 'storing-failed', what: 'expiries', error: describeError(error) }),
        )
        .finally(() => this.#lookLater());
    };
    this.#timer = clock.after(everyMs, look, { background: true });
  }

  async #look(): Promise<void> {
    const { db, clock, events, tlsCertificate } = this.#collaborators;
    const ends = await readExpiries(db, { tlsCertificate });
    events.record({ kind: 'expiries', ends });
    const now = clock.now();
    for (const { what, role, endsAt, daysLeft } of endingSoon(ends, now)) {
      const toldAt = this.#toldAt.get(`${what} ${role}`) ?? Number.NEGATIVE_INFINITY;
      if (now < toldAt + againAfterMs) continue;
      this.#toldAt.set(`${what} ${role}`, now);
      events.record({ kind: 'expires-soon', what, role, endsAt: new Date(endsAt).toISOString(), daysLeft });
    }
  }
}

export type EndingSoon = Pick<Expiry, 'what' | 'role' | 'endsAt'> & { daysLeft: number };

/** What somebody must look at: fewer than 30 days, and nothing follows. */
export async function readEndingSoon(db: Kysely<ProxySchema>, now: number): Promise<EndingSoon[]> {
  return endingSoon(await readExpiries(db, { tlsCertificate: undefined }), now);
}

function endingSoon(ends: Expiry[], now: number): EndingSoon[] {
  return ends
    .filter(({ expected }) => !expected)
    .map(({ what, role, endsAt }) => ({ what, role, endsAt, daysLeft: Math.floor((endsAt - now) / dayMs) }))
    .filter(({ daysLeft }) => daysLeft < warnDays);
}

/** Everything that ends at a known time. */
async function readExpiries(
  db: Kysely<ProxySchema>,
  { tlsCertificate }: { tlsCertificate: string | undefined },
): Promise<Expiry[]> {
  const { current, previous, next } = await readRoles(db);
  const ends: Expiry[] = [];
  for (const [role, certificate] of Object.entries({ current, previous, next })) {
    if (certificate === undefined) continue;
    // Nothing is lost when the previous one ends, nor the current one once its successor is staged.
    const expected =
      role === 'previous' ||
      (role === 'current' && next !== undefined && next.effectiveAt < endOf(certificate));
    ends.push({ what: 'certificate', role, endsAt: certificate.notAfter, expected });
    const { credentialEndsAt } = certificate;
    if (credentialEndsAt !== null)
      ends.push({ what: 'credential', role, endsAt: credentialEndsAt, expected });
  }
  if (tlsCertificate !== undefined) {
    const endsAt = new X509Certificate(tlsCertificate).validToDate.getTime();
    ends.push({ what: 'tls', role: '', endsAt, expected: false });
  }
  return ends;
}
