// How trust stands, for `proxy trust status`: what is stored, and whether the relay gives a token for it right now
// (or, with direct trust, takes the one that is signed here).

import type { Kysely } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';
import { describeFault } from './certificates/certificate-fault.ts';
import type { CertificateStore, StoredCertificate } from './certificates/certificate-store.ts';
import { type EndingSoon, readEndingSoon } from './expiry-watch.ts';
import type { RelayAccess } from './relay/relay-access.ts';
import type { RelayFailure } from './relay/relay-failure.ts';
import { readRelayPin } from './relay/relay-pin.ts';
import { type RotationFailure, readRotationFailure } from './rotation-failure.ts';

type CertificateStatus = {
  thumbprint: string;
  keyId: string;
  subject: string;
  role: string | null;
  notBefore: number;
  notAfter: number;
  /** Of the next one: from when on it signs. Of the current one: since when. */
  effectiveAt: number | null;
  registeredAt: number | null;
  /** When its key credential ends at the relay. */
  credentialEndsAt: number | null;
  /** What makes it unusable. */
  fault: string | null;
};

export type TrustStatus = {
  organization: string | null;
  relayUrl: string | null;
  /** As last heard. */
  relayVersion: string | null;
  issuer: string | null;
  /** The name of the authorization server that access tokens come from. */
  authServer: string | null;
  realm: string | null;
  applicationId: string | null;
  connectedAt: number | null;
  certificates: CertificateStatus[];
  /** Certificates and credentials that end within 30 days, and that nothing follows. */
  endingSoon: EndingSoon[];
  /** Why the running proxy cannot renew, register or roll a certificate just now. */
  rotationFailure: RotationFailure | null;
  /** How far this machine's clock is ahead of the relay's; null when the relay could not be asked. */
  clockAheadMs: number | null;
  /** Why there is no token that counts right now; null when there is one. */
  failure: RelayFailure | null;
};

export async function readTrustStatus({
  db,
  certificates,
  access,
}: {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
  access: RelayAccess;
}): Promise<TrustStatus> {
  await access.start();
  const token = await access.tokens.get();
  const proof = token.kind === 'token' && access.directTrust ? await access.credentials.list() : token;
  const pin = await readRelayPin({ db }); // with the relay's metadata as it is now
  const { usable, unusable } = await certificates.list(pin?.organization ?? '');
  return {
    organization: pin?.organization ?? null,
    relayUrl: pin?.relayUrl ?? null,
    relayVersion: pin?.metadata.version ?? null,
    issuer: pin?.issuer ?? null,
    authServer: pin?.authServer?.name ?? null,
    realm: pin?.enrolment?.realm ?? null,
    applicationId: pin?.enrolment?.applicationId ?? null,
    connectedAt: pin?.enrolment?.connectedAt ?? null,
    certificates: [
      ...usable.map(({ certificate }) => certificateStatus(certificate, null)),
      ...unusable.map(({ certificate, fault }) =>
        certificateStatus(certificate, describeFault(fault, certificate)),
      ),
    ],
    endingSoon: await readEndingSoon(db, access.clock.now()),
    rotationFailure: (await readRotationFailure(db)) ?? null,
    clockAheadMs: access.relayClock.skewMs ?? null,
    failure: proof.kind === 'failed' ? proof.failure : null,
  };
}

function certificateStatus(certificate: StoredCertificate, fault: string | null): CertificateStatus {
  const { thumbprint, id: keyId, subject, role, notBefore, notAfter } = certificate;
  const { effectiveAt, registeredAt, credentialEndsAt } = certificate;
  const dates = { notBefore, notAfter, effectiveAt, registeredAt, credentialEndsAt };
  return { thumbprint, keyId, subject, role, ...dates, fault };
}
