// The certificates of this proxy: table `certificate`, private keys sealed under the key file. The key of the one with
// the role `current` signs; role-rules.ts decides who has which role. A certificate is usable when its key is large
// enough, readable and its own, and now lies within its dates.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Secret, SecretBox } from '../../../runtime/secrets.ts';
import type { CertificateTable, ProxySchema } from '../../database/schema.ts';
import { type Certificate, friendlyName, parseCertificate, signingAlgorithm } from './certificate.ts';
import { type CertificateFault, faultError } from './certificate-fault.ts';
import { readRoles, storeRoles } from './certificate-roles.ts';
import { parseThumbprint } from './thumbprint.ts';

/** Binds the sealed private keys to this use (AAD). */
const sealPurpose = 'certificate-private-key';

type CertificateRole = 'current' | 'previous' | 'next';

export type StoredCertificate = Certificate & {
  friendlyName: string;
  role: CertificateRole | null;
  /** Of the next one: from when on it signs. Of the current one: since when. */
  effectiveAt: number | null;
  registeredAt: number | null;
  /** When the key credential ends at the relay. */
  credentialEndsAt: number | null;
};

/** What an RSA key signs with; a P-256 key always signs ES256. */
export type RsaAlgorithm = 'RS256' | 'PS256';
export type SigningAlgorithm = RsaAlgorithm | 'ES256';

/** What signs in the organization's name. */
export type OrganizationKey = {
  certificate: StoredCertificate;
  algorithm: SigningAlgorithm;
  privateKey: KeyObject;
};

/** One that was looked at and left aside. */
export type UnusableCertificate = { certificate: StoredCertificate; fault: CertificateFault };

export class CertificateStore {
  readonly #db: Kysely<ProxySchema>;
  readonly #secrets: SecretBox;
  readonly #clock: Clock;
  readonly #rsaAlgorithm: RsaAlgorithm;

  constructor({
    db,
    secrets,
    clock,
    rsaAlgorithm = 'RS256',
  }: {
    db: Kysely<ProxySchema>;
    secrets: SecretBox;
    clock: Clock;
    rsaAlgorithm?: RsaAlgorithm;
  }) {
    this.#db = db;
    this.#secrets = secrets;
    this.#clock = clock;
    this.#rsaAlgorithm = rsaAlgorithm;
  }

  /** The key that signs; throws an AppError that says what is wrong with it. Undefined when there is none. */
  async current(): Promise<OrganizationKey | undefined> {
    const row = await this.#db
      .selectFrom('certificate')
      .selectAll()
      .where('role', '=', 'current')
      .executeTakeFirst();
    return row === undefined ? undefined : this.#usable(row);
  }

  /** By thumbprint as people write it, or by key id; throws when there is none, or when it is unusable. */
  async find(reference: string): Promise<OrganizationKey> {
    return this.#usable(await this.#rowOf(reference));
  }

  /** As `find`, but also those that are no longer usable. */
  async show(reference: string): Promise<StoredCertificate> {
    return storedCertificate(await this.#rowOf(reference));
  }

  /** Usable ones, the current one first and then the longest valid, and the others with what is wrong. */
  async list(organization: string): Promise<{ usable: OrganizationKey[]; unusable: UnusableCertificate[] }> {
    const rows = await this.#db.selectFrom('certificate').selectAll().execute();
    const usable: OrganizationKey[] = [];
    const unusable: UnusableCertificate[] = [];
    for (const row of rows) {
      const examined = this.#examine(row);
      if ('fault' in examined) {
        unusable.push(examined);
      } else if (isFor(examined.certificate, organization)) {
        usable.push(examined);
      } else {
        unusable.push({ certificate: examined.certificate, fault: 'other-organization' });
      }
    }
    usable.sort(
      (a, b) =>
        Number(b.certificate.role === 'current') - Number(a.certificate.role === 'current') ||
        b.certificate.notAfter - a.certificate.notAfter,
    );
    return { usable, unusable };
  }

  /** Adds it without a role. One that is there already stays as it is. */
  async add(
    certificate: Certificate,
    privateKey: Secret,
    { name = friendlyName, db = this.#db }: { name?: string; db?: Kysely<ProxySchema> } = {},
  ): Promise<StoredCertificate> {
    await db
      .insertInto('certificate')
      .values({
        id: certificate.id,
        thumbprint: certificate.thumbprint,
        subject: certificate.subject,
        friendly_name: name,
        certificate: certificate.der.toString('base64'),
        sealed_private_key: this.#secrets.seal(sealPurpose, privateKey.reveal()),
        not_before: certificate.notBefore,
        not_after: certificate.notAfter,
        role: null,
        effective_at: null,
        registered_at: null,
        credential_ends_at: null,
        created_at: this.#clock.now(),
      })
      .onConflict(conflict => conflict.column('id').doNothing())
      .execute();
    const row = await db
      .selectFrom('certificate')
      .selectAll()
      .where('id', '=', certificate.id)
      .executeTakeFirstOrThrow();
    return storedCertificate(row);
  }

  /** Makes it current and keeps the one before as previous; nothing changes when it is current already. */
  async setCurrent(id: string): Promise<void> {
    await this.#db.transaction().execute(async transaction => {
      const judged = await readRoles(transaction);
      const { current, next } = judged;
      if (current?.id === id) return;
      const roles = { current: { id }, previous: current, next: next?.id === id ? undefined : next };
      await storeRoles(transaction, { judged, roles, now: this.#clock.now() });
    });
  }

  /** The relay took it as a key credential that ends then. */
  async markRegistered(id: string, { endsAt }: { endsAt: number }): Promise<void> {
    await this.#db
      .updateTable('certificate')
      .set({ registered_at: this.#clock.now(), credential_ends_at: endsAt })
      .where('id', '=', id)
      .execute();
  }

  /** The relay has it no longer. */
  async markUnregistered(id: string): Promise<void> {
    await this.#db
      .updateTable('certificate')
      .set({ registered_at: null, credential_ends_at: null })
      .where('id', '=', id)
      .execute();
  }

  async #rowOf(reference: string): Promise<Selectable<CertificateTable>> {
    const thumbprint = parseThumbprint(reference);
    const row = await this.#db
      .selectFrom('certificate')
      .selectAll()
      .where(thumbprint === undefined ? 'id' : 'thumbprint', '=', thumbprint ?? reference.trim())
      .executeTakeFirst();
    if (row !== undefined) return row;
    throw new AppError('certificate-not-found', `this proxy has no certificate "${reference}"`, {
      hint: 'give a thumbprint of "mailbadge proxy trust certificate list"',
    });
  }

  #usable(row: Selectable<CertificateTable>): OrganizationKey {
    const examined = this.#examine(row);
    if ('fault' in examined) throw faultError(examined.fault, examined.certificate);
    return examined;
  }

  #examine(row: Selectable<CertificateTable>): OrganizationKey | UnusableCertificate {
    const certificate = storedCertificate(row);
    const now = this.#clock.now();
    if (now >= certificate.notAfter) return { certificate, fault: 'certificate-expired' };
    if (now < certificate.notBefore) return { certificate, fault: 'certificate-not-yet-valid' };
    const algorithm = signingAlgorithm(certificate.publicKey);
    if (algorithm === undefined) return { certificate, fault: 'certificate-key-too-small' };
    let privateKey: KeyObject;
    try {
      privateKey = createPrivateKey(this.#secrets.open(sealPurpose, row.sealed_private_key).reveal());
    } catch {
      return { certificate, fault: 'sealed-secret-unreadable' };
    }
    if (!createPublicKey(privateKey).equals(certificate.publicKey)) {
      return { certificate, fault: 'certificate-key-mismatch' };
    }
    return { certificate, algorithm: algorithm === 'RS256' ? this.#rsaAlgorithm : algorithm, privateKey };
  }
}

/**
 * An imported certificate often names a host of the organization, or only the organization; one that names neither,
 * but other domains, is another's.
 */
export function isFor({ domains }: Certificate, organization: string): boolean {
  return (
    domains.length === 0 ||
    domains.some(domain => domain === organization || domain.endsWith(`.${organization}`))
  );
}

function storedCertificate(row: Selectable<CertificateTable>): StoredCertificate {
  return {
    ...parseCertificate(Buffer.from(row.certificate, 'base64')),
    friendlyName: row.friendly_name,
    role: row.role as CertificateRole | null,
    effectiveAt: row.effective_at,
    registeredAt: row.registered_at,
    credentialEndsAt: row.credential_ends_at,
  };
}
