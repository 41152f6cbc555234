// The certificates of this proxy: table `certificate`, private keys sealed under the key file. At most one row has
// the role `current` (its key signs), one `previous`, one `next` (staged with an effective date; rotation moves
// them). A certificate is usable when its key is large enough, readable and its own, and now lies within its dates.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { Secret, SecretBox } from '../../../runtime/secrets.ts';
import type { CertificateTable, ProxySchema } from '../../database/schema.ts';
import { type Certificate, friendlyName, parseCertificate, signingAlgorithm } from './certificate.ts';
import { type CertificateFault, faultError } from './certificate-fault.ts';

/** Binds the sealed private keys to this use (AAD). */
const sealPurpose = 'certificate-private-key';

type CertificateRole = 'current' | 'previous' | 'next';

export type StoredCertificate = Certificate & {
  role: CertificateRole | null;
  registeredAt: number | null;
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
    if (row === undefined) return undefined;
    const examined = this.#examine(row);
    if ('fault' in examined) throw faultError(examined.fault, examined.certificate);
    return examined;
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
      } else if (examined.certificate.domains.includes(organization)) {
        usable.push(examined);
      } else {
        unusable.push({
          certificate: examined.certificate,
          fault: 'other-organization',
        });
      }
    }
    usable.sort(
      (a, b) =>
        Number(b.certificate.role === 'current') - Number(a.certificate.role === 'current') ||
        b.certificate.notAfter - a.certificate.notAfter,
    );
    return { usable, unusable };
  }

  async add(certificate: Certificate, privateKey: Secret): Promise<StoredCertificate> {
    await this.#db
      .insertInto('certificate')
      .values({
        id: certificate.id,
        thumbprint: certificate.thumbprint,
        subject: certificate.subject,
        friendly_name: friendlyName,
        certificate: certificate.der.toString('base64'),
        sealed_private_key: this.#secrets.seal(sealPurpose, privateKey.reveal()),
        not_before: certificate.notBefore,
        not_after: certificate.notAfter,
        role: null,
        effective_at: null,
        registered_at: null,
        created_at: this.#clock.now(),
      })
      .execute();
    return { ...certificate, role: null, registeredAt: null };
  }

  /** Makes it current and keeps the one before as previous; nothing changes when it is current already. */
  async setCurrent(id: string): Promise<void> {
    await this.#db.transaction().execute(async transaction => {
      const before = await transaction
        .selectFrom('certificate')
        .select('id')
        .where('role', '=', 'current')
        .executeTakeFirst();
      if (before?.id === id) return;
      await transaction
        .updateTable('certificate')
        .set({ role: null })
        .where('role', '=', 'previous')
        .execute();
      await transaction
        .updateTable('certificate')
        .set({ role: 'previous' })
        .where('role', '=', 'current')
        .execute();
      await transaction
        .updateTable('certificate')
        .set({ role: 'current', effective_at: this.#clock.now() })
        .where('id', '=', id)
        .execute();
    });
  }

  #examine(row: Selectable<CertificateTable>): OrganizationKey | UnusableCertificate {
    const certificate: StoredCertificate = {
      ...parseCertificate(Buffer.from(row.certificate, 'base64')),
      role: row.role as CertificateRole | null,
      registeredAt: row.registered_at,
    };
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
