// What the `proxy trust certificate` and `credential` commands do, on the service's own database. A running proxy takes
// a change up by itself.

import type { CredentialDetail } from '../../contract/credentials.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { type KeyKind, makeCertificate } from '../trust/certificates/certificate.ts';
import { describeFault } from '../trust/certificates/certificate-fault.ts';
import type { StoredCertificate } from '../trust/certificates/certificate-store.ts';
import { assertFor } from '../trust/certificates/choose-certificate.ts';
import { exportCertificate } from '../trust/certificates/export-certificate.ts';
import type { ImportedCertificate } from '../trust/certificates/import-certificate.ts';
import { advisedLeadMs } from '../trust/certificates/role-rules.ts';
import { parseThumbprint } from '../trust/certificates/thumbprint.ts';
import { parseUtcInstant } from '../trust/certificates/utc-instant.ts';
import { relayFailureError } from '../trust/relay/relay-failure.ts';
import { readRelayPin } from '../trust/relay/relay-pin.ts';
import { type CertificateFile, importCertificate } from './certificate-file.ts';
import { type Confirm, changeRoles, type RoleChange } from './role-change.ts';
import { type TrustStores, withTrustStores } from './trust-stores.ts';

export type { RoleChange } from './role-change.ts';

/** Where the certificate to stage comes from. */
export type StageSource =
  | { from: 'stored'; reference: string }
  | { from: 'file'; file: CertificateFile }
  | { from: 'new'; keyKind: KeyKind; lifetimeMs: number };

export type ListedCertificate = Omit<StoredCertificate, 'id' | 'der' | 'publicKey'> & {
  keyId: string;
  /** Such as "rsa 2048". */
  key: string;
  /** What makes it unusable. */
  fault: string | null;
};

export type ListedCredential = CredentialDetail & {
  /** This proxy has its certificate, and signs with it now. */
  here: boolean;
  signsHere: boolean;
};

export type CertificateAdministration = {
  list(): Promise<ListedCertificate[]>;
  show(reference: string): Promise<ListedCertificate>;
  /** Writes the public part as DER; of the current one when none is named. */
  export(reference: string | undefined, path: string): Promise<ListedCertificate>;
  use(reference: string, confirm: Confirm): Promise<RoleChange>;
  stage(source: StageSource, effective: string, confirm: Confirm): Promise<RoleChange>;
  clearNext(confirm: Confirm): Promise<RoleChange>;
  publish(options: { clearPrevious: boolean }, confirm: Confirm): Promise<RoleChange>;
  clearPrevious(): Promise<RoleChange>;
  credentials(): Promise<ListedCredential[]>;
  /** False when the answer was no. */
  removeCredential(reference: string, confirm: Confirm): Promise<boolean>;
};

export function createCertificateAdministration(
  config: ProxyConfig,
  { clock, random }: { clock: Clock; random: Random },
): CertificateAdministration {
  const withStores = <T>(work: (stores: TrustStores & { clock: Clock }) => Promise<T>): Promise<T> =>
    withTrustStores(config, { clock, random }, stores => work({ ...stores, clock }));
  const unasked: Confirm = async () => true;

  return {
    list: () => withStores(listAll),
    show: reference => withStores(stores => showOne(stores, reference)),
    export: (reference, path) =>
      withStores(async stores => {
        const certificate = await named(stores, reference);
        exportCertificate(certificate, path);
        return showOne(stores, certificate.id);
      }),
    use: (reference, confirm) =>
      withStores(async stores => {
        const certificate = reference.trim() === '' ? undefined : await usable(stores, reference);
        return changeRoles(stores, { act: 'use', certificate }, { confirm });
      }),
    async stage(source, effective, confirm) {
      const now = clock.now();
      const effectiveAt = parseUtcInstant(effective, { example: now + advisedLeadMs });
      return withStores(async stores => {
        if (source.from === 'stored') {
          const certificate = await usable(stores, source.reference);
          return changeRoles(stores, { act: 'stage', certificate, effectiveAt }, { confirm });
        }
        const organization = await organizationOf(stores);
        const made: ImportedCertificate =
          source.from === 'file'
            ? await importCertificate(source.file, { now })
            : { ...(await make(source, { organization, now, random })), friendlyName: undefined };
        assertFor(made, organization);
        const certificate = { ...made.certificate, registeredAt: null, credentialEndsAt: null };
        const beforeStoring = () => add(stores, made);
        return changeRoles(stores, { act: 'stage', certificate, effectiveAt }, { confirm, beforeStoring });
      });
    },
    clearNext: confirm =>
      withStores(stores =>
        changeRoles(stores, { act: 'stage', certificate: undefined, effectiveAt: undefined }, { confirm }),
      ),
    publish: ({ clearPrevious }, confirm) =>
      withStores(stores => changeRoles(stores, { act: 'publish', clearPrevious }, { confirm })),
    clearPrevious: () =>
      withStores(stores => changeRoles(stores, { act: 'clear-previous' }, { confirm: unasked })),
    credentials: () => withStores(listCredentials),
    removeCredential: (reference, confirm) =>
      withStores(stores => removeCredential(stores, reference, confirm)),
  };
}

async function listAll({ db, certificates }: TrustStores): Promise<ListedCertificate[]> {
  const pin = await readRelayPin({ db });
  const { usable, unusable } = await certificates.list(pin?.organization ?? '');
  return [
    ...usable.map(({ certificate }) => listed(certificate, null)),
    ...unusable.map(({ certificate, fault }) => listed(certificate, describeFault(fault, certificate))),
  ];
}

async function showOne(stores: TrustStores, reference: string): Promise<ListedCertificate> {
  const { id } = await stores.certificates.show(reference);
  const found = (await listAll(stores)).find(({ keyId }) => keyId === id);
  if (found === undefined) throw new Error(`the certificate ${id} vanished`);
  return found;
}

async function named({ certificates }: TrustStores, reference: string | undefined) {
  if (reference !== undefined) return certificates.show(reference);
  const current = await certificates.current();
  if (current !== undefined) return current.certificate;
  throw new AppError('certificate-not-found', 'Cannot find certificate.', {
    hint: 'run "mailbadge proxy trust set-up" first',
  });
}

async function usable({ certificates }: TrustStores, reference: string): Promise<StoredCertificate> {
  return (await certificates.find(reference)).certificate;
}

async function organizationOf({ db }: TrustStores): Promise<string> {
  const pin = await readRelayPin({ db });
  if (pin?.organization !== undefined) return pin.organization;
  throw new AppError('relay-not-connected', 'this proxy does not know yet whom it works for', {
    hint: 'run "mailbadge proxy trust set-up" first',
  });
}

async function add({ certificates }: TrustStores, made: ImportedCertificate): Promise<void> {
  const { certificate, privateKey, friendlyName: name } = made;
  await certificates.add(certificate, privateKey, name === undefined ? {} : { name });
}

function make(
  { keyKind: kind, lifetimeMs }: Extract<StageSource, { from: 'new' }>,
  facts: { organization: string; now: number; random: Random },
) {
  return makeCertificate({ kind, lifetimeMs, ...facts });
}

async function listCredentials({ access, certificates }: TrustStores): Promise<ListedCredential[]> {
  await access.trust.reload();
  const answer = await access.credentials.list();
  if (answer.kind === 'failed') throw relayFailureError(answer.failure);
  const { usable, unusable } = await certificates.list('');
  const here = [...usable, ...unusable].map(({ certificate }) => certificate);
  return answer.credentials.map(credential => {
    const certificate = here.find(({ id }) => id === credential.keyId);
    return { ...credential, here: certificate !== undefined, signsHere: certificate?.role === 'current' };
  });
}

async function removeCredential(stores: TrustStores, reference: string, confirm: Confirm): Promise<boolean> {
  const thumbprint = parseThumbprint(reference);
  const found = (await listCredentials(stores)).find(
    credential => credential.keyId === reference.trim() || credential.thumbprint === thumbprint,
  );
  if (found === undefined) {
    throw new AppError('not-found', `the relay has no key credential "${reference}" of this organization`, {
      hint: 'give a thumbprint or key id of "mailbadge proxy trust credential list"',
    });
  }
  const { keyId, revokedAt, signsHere, inUse } = found;
  if (revokedAt !== null) return true;
  const questions = [`The key credential ${found.thumbprint} is removed for good.`];
  if (signsHere) {
    questions.unshift(
      'This proxy signs with it: no badge is delivered until another certificate is registered and used.',
    );
  } else if (inUse) {
    questions.unshift('It was the last one used: another proxy of this organization may sign with it.');
  }
  if (!(await confirm(questions))) return false;
  const answer = await stores.access.credentials.remove(keyId);
  if (answer.kind === 'failed') throw relayFailureError(answer.failure);
  await stores.certificates.markUnregistered(keyId);
  return true;
}

function listed(
  { id, der: _, publicKey, ...rest }: StoredCertificate,
  fault: string | null,
): ListedCertificate {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  const size = details?.modulusLength ?? details?.namedCurve ?? '';
  return { keyId: id, ...rest, key: `${type} ${size}`.trim(), fault };
}
