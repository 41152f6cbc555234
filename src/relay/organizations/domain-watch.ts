// Looks the records of the organizations that signed themselves up again, each once a day, a few at a time. Rounds
// come at irregular times, so that the look-ups of many do not fall together.

import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { describeError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import { checkDomain } from './domain-checks.ts';
import type { LookUpTxt } from './domain-proof.ts';

const checkEveryMs = 24 * 3_600_000;
const roundEveryMs = 3_600_000;
const firstRoundMs = 300_000;
const atOnce = 4;

export class DomainWatch implements Disposable {
  readonly #parts: DomainWatchCollaborators;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: DomainWatchCollaborators) {
    this.#parts = parts;
  }

  /** The first round comes within minutes. */
  start({ everyMs = firstRoundMs } = {}): void {
    const { clock, random } = this.#parts;
    const round = (): void => {
      void this.#round().finally(() => {
        if (!this.#closed) this.start({ everyMs: roundEveryMs });
      });
    };
    this.#timer = clock.after(everyMs * (0.5 + random.fraction() / 2), round, { background: true });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #round(): Promise<void> {
    try {
      const due = await this.#due();
      const next = async (): Promise<void> => {
        for (let domain = due.shift(); domain !== undefined && !this.#closed; domain = due.shift()) {
          await this.#check(domain);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, next));
    } catch (error) {
      this.#parts.events.record({ kind: 'domain-check-failed', error: describeError(error) });
    }
  }

  async #due(): Promise<string[]> {
    const { db, clock } = this.#parts;
    const rows = await db
      .selectFrom('organization')
      .select('domain')
      .where('domain_token', 'is not', null)
      .where('active', '=', 1)
      .where(({ or, eb }) =>
        or([eb('domain_checked_at', 'is', null), eb('domain_checked_at', '<=', clock.now() - checkEveryMs)]),
      )
      .orderBy('domain_checked_at')
      .execute();
    return rows.map(row => row.domain);
  }

  async #check(domain: string): Promise<void> {
    const { db, events } = this.#parts;
    const { organization, proof, deactivated } = await checkDomain(db, { domain }, this.#parts);
    const detail = proof.kind === 'proved' ? undefined : proof.detail;
    events.record({
      kind: 'domain-checked',
      organizationId: organization.id,
      domain,
      result: deactivated ? 'deactivated' : proof.kind,
      ...(detail !== undefined && { detail }),
    });
  }
}

export type DomainWatchCollaborators = {
  db: Kysely<RelaySchema>;
  lookUpTxt: LookUpTxt;
  events: RelayEvents;
  clock: Clock;
  random: Random;
  graceMs: number;
};
