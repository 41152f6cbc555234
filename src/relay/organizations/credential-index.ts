// The revocation table that every publishing request is checked against. An access token lives for ten minutes; a
// revoked credential or a deactivated organization must not. So what the token says about them is looked up again,
// and what was looked up counts for a second (another process's change at once). When the database cannot be read,
// five seconds are the most; then it fails closed.

import type { JWK } from 'jose';
import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RelaySchema } from '../database/schema.ts';

const freshMs = 1000;
const oldestMs = 5000;
const rememberedCredentials = 10_000;

/** A key credential and whom it stands for. */
export type Standing = {
  organizationId: string;
  domain: string;
  realm: string;
  sealEpoch: number;
  applicationId: string;
  organizationActive: boolean;
  /** Access tokens that the organization signed itself are taken. */
  directTrust: boolean;
  startAt: number;
  endAt: number;
  revokedAt: number | null;
  publicJwk: JWK;
};

export type FindStanding = (credentialId: string) => Promise<Standing | undefined>;

type Entry = { standing: Standing; readAt: number; current: boolean };

export class CredentialIndex {
  readonly #find: FindStanding;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #changes = 0;

  constructor({ find, clock }: { find: FindStanding; clock: Clock }) {
    this.#find = find;
    this.#clock = clock;
  }

  /** Nothing that was read before counts as current any more, nor what is being read: it may have looked before. */
  invalidate(): void {
    this.#changes++;
    for (const entry of this.#entries.values()) entry.current = false;
  }

  /** Undefined for a credential that nobody registered. Throws when nothing fresh enough is known. */
  async standingOf(credentialId: string): Promise<Standing | undefined> {
    const known = this.#entries.get(credentialId);
    const readAt = this.#clock.monotonic();
    if (known?.current === true && readAt - known.readAt < freshMs) return known.standing;
    const changes = this.#changes;
    try {
      const standing = await this.#find(credentialId);
      // Not what nobody registered: names can be made up, and would push the others out.
      if (standing === undefined) this.#entries.delete(credentialId);
      else this.#remember(credentialId, { standing, readAt, current: changes === this.#changes });
      return standing;
    } catch (cause) {
      if (known !== undefined && this.#clock.monotonic() - known.readAt < oldestMs) return known.standing;
      throw new AppError(
        'revocation-list-stale',
        'the relay cannot tell whether the credential was revoked',
        {
          hint: 'this is the relay’s failure and passes: its database cannot be read',
          retryAfterMs: oldestMs,
          cause,
        },
      );
    }
  }

  #remember(credentialId: string, entry: Entry): void {
    this.#entries.delete(credentialId);
    this.#entries.set(credentialId, entry);
    if (this.#entries.size <= rememberedCredentials) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Reads the database. */
export function findStandingIn(db: Kysely<RelaySchema>): FindStanding {
  return async credentialId => {
    const row = await db
      .selectFrom('key_credential')
      .innerJoin('application', 'application.id', 'key_credential.application_id')
      .innerJoin('organization', 'organization.id', 'application.organization_id')
      .where('key_credential.id', '=', credentialId)
      .where('application.ended_at', 'is', null)
      .select([
        'organization.id as organization_id',
        'organization.domain',
        'organization.realm',
        'organization.seal_epoch',
        'organization.active',
        'organization.direct_trust',
        'application.id as application_id',
        'key_credential.start_at',
        'key_credential.end_at',
        'key_credential.revoked_at',
        'key_credential.public_jwk',
      ])
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      organizationId: row.organization_id,
      domain: row.domain,
      realm: row.realm,
      sealEpoch: row.seal_epoch,
      applicationId: row.application_id,
      organizationActive: row.active === 1,
      directTrust: row.direct_trust === 1,
      startAt: row.start_at,
      endAt: row.end_at,
      revokedAt: row.revoked_at,
      publicJwk: JSON.parse(row.public_jwk) as JWK,
    };
  };
}
