// Which certificate the set-up configures: the one given in a file, else the configured one, else the longest valid,
// else a new one. Those left aside are named with the reason.

import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import { type KeyKind, makeCertificate } from './certificate.ts';
import { describeFault, faultError } from './certificate-fault.ts';
import { type CertificateStore, isFor, type StoredCertificate } from './certificate-store.ts';
import type { ImportedCertificate } from './import-certificate.ts';

export type CertificateWish = {
  /** A domain, lower case. */
  organization: string;
  /** Makes a new certificate although a usable one exists (or although the key file of the old one is lost). */
  newCertificate: boolean;
  /** Of a certificate that is made. */
  keyKind: KeyKind;
  lifetimeMs: number;
  /** Was read from a file; it is taken rather than any other. */
  imported: ImportedCertificate | undefined;
};

export type ChoiceStep =
  | { step: 'certificate-left-aside'; thumbprint: string; because: string }
  | { step: 'creating-certificate' }
  | { step: 'importing-certificate' };

/** Stores it where it is new; the role of the current one stays to be given. */
export async function chooseCertificate(
  wish: CertificateWish,
  {
    certificates,
    clock,
    random,
    report,
  }: { certificates: CertificateStore; clock: Clock; random: Random; report: (step: ChoiceStep) => void },
): Promise<StoredCertificate> {
  const { organization, newCertificate, imported, keyKind, lifetimeMs } = wish;
  if (imported !== undefined) assertFor(imported, organization);
  const { usable, unusable } = await certificates.list(organization);
  const kept = usable.map(key => key.certificate);
  const best = imported === undefined && !newCertificate ? kept[0] : undefined;
  const locked = unusable.find(({ fault }) => fault === 'sealed-secret-unreadable');
  // Its key file may still exist somewhere; a new certificate would have to be registered again.
  if (best === undefined && locked !== undefined && !newCertificate && imported === undefined) {
    throw faultError(locked.fault, locked.certificate);
  }
  const chosenId = imported?.certificate.id ?? best?.id;
  const aside = ({ thumbprint }: StoredCertificate, because: string): void =>
    report({ step: 'certificate-left-aside', thumbprint, because });
  for (const { certificate, fault } of unusable) {
    if (certificate.role !== 'previous') aside(certificate, describeFault(fault, certificate));
  }
  for (const certificate of kept) {
    if (certificate.id === chosenId) continue;
    if (certificate.role === null) aside(certificate, 'is usable too, but another one is preferred');
    if (certificate.role === 'current') aside(certificate, 'is replaced');
  }
  if (best !== undefined) return best;
  if (imported !== undefined) {
    report({ step: 'importing-certificate' });
    const { certificate, privateKey, friendlyName: name } = imported;
    return certificates.add(certificate, privateKey, name === undefined ? {} : { name });
  }
  report({ step: 'creating-certificate' });
  const made = await makeCertificate({ organization, kind: keyKind, lifetimeMs, now: clock.now(), random });
  return certificates.add(made.certificate, made.privateKey);
}

export function assertFor({ certificate }: ImportedCertificate, organization: string): void {
  if (isFor(certificate, organization)) return;
  throw new AppError(
    'certificate-invalid',
    `the certificate is not for ${organization} but for ${certificate.domains.join(', ')}`,
    { hint: 'import one that names your organization’s domain, or none' },
  );
}
