// Step 1 of trust: find or make the certificate, make it current, export its public part, pin the relay. Safe to run
// again. Everything that can be checked is checked before anything is changed.

import type { Kysely } from 'kysely';
import type { RelayMetadata } from '../../contract/relay-metadata.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { HttpClient } from '../../runtime/http/http-client.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { SigningKey } from './auth-servers/auth-server.ts';
import type { CertificateStore } from './certificates/certificate-store.ts';
import {
  type CertificateWish,
  type ChoiceStep,
  chooseCertificate,
} from './certificates/choose-certificate.ts';
import { exportCertificate } from './certificates/export-certificate.ts';
import type { RelayClock } from './relay/relay-clock.ts';
import { relayFailureError } from './relay/relay-failure.ts';
import { fetchRelayMetadata } from './relay/relay-metadata.ts';
import { pinRelay, type RelayPin, readRelayPin } from './relay/relay-pin.ts';
import { identityChange, skewFailure } from './relay/relay-trust.ts';

export type SetUpRequest = CertificateWish & {
  relayUrl: URL;
  exportTo: string;
};

/** What happens, in the order in which it happens. */
export type SetUpStep =
  | ChoiceStep
  | { step: 'certificate-configured'; thumbprint: string }
  | { step: 'exporting-certificate'; path: string }
  | { step: 'relay-pinned'; change: RelayChange }
  | { step: 'complete'; registered: boolean };

/** `url`: it was pinned under another URL. `identity`: it calls itself otherwise than when it was pinned. */
type RelayChange = 'created' | 'url-updated' | 'identity-updated' | 'unchanged';

type Collaborators = {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
  clock: Clock;
  random: Random;
  report: (step: SetUpStep) => void;
};

/** Asks the relay who it is and whether our clocks agree; the part of the set-up that changes nothing. */
export async function inspectRelay(
  relayUrl: URL,
  {
    http,
    clock,
    relayClock,
    timeoutMs,
  }: { http: HttpClient; clock: Clock; relayClock: RelayClock; timeoutMs: number },
): Promise<RelayMetadata> {
  const fetch = await fetchRelayMetadata(http, relayUrl, { timeoutMs });
  if (fetch.kind === 'failed') throw relayFailureError(fetch.failure);
  relayClock.observe(fetch.metadata.relayTime);
  if (relayClock.skewed) throw relayFailureError(skewFailure(relayClock.skewMs ?? 0, clock.now()));
  return fetch.metadata;
}

export async function setUpTrust(
  request: SetUpRequest,
  { metadata, signingKeys }: { metadata: RelayMetadata; signingKeys: SigningKey[] },
  collaborators: Collaborators,
): Promise<void> {
  const { db, clock, report } = collaborators;
  const pin = await readRelayPin({ db });
  refuseOtherOrganization(pin, request.organization);
  const certificate = await chooseCertificate(request, collaborators);
  await collaborators.certificates.setCurrent(certificate.id);
  report({ step: 'certificate-configured', thumbprint: certificate.thumbprint });
  report({ step: 'exporting-certificate', path: request.exportTo });
  exportCertificate(certificate, request.exportTo);
  const change = relayChange(pin, request.relayUrl, metadata);
  report({ step: 'relay-pinned', change });
  if (change !== 'unchanged' || pin?.organization !== request.organization) {
    const { organization, relayUrl } = request;
    await pinRelay({ db, clock }, { relayUrl: relayUrl.href, metadata, signingKeys, organization });
  }
  const after = await readRelayPin({ db });
  const registered = after?.enrolment !== undefined && certificate.registeredAt !== null;
  report({ step: 'complete', registered });
}

function refuseOtherOrganization(pin: RelayPin | undefined, organization: string): void {
  if (pin?.enrolment === undefined || pin.enrolment.organization === organization) return;
  throw new AppError('usage', `this proxy works for ${pin.enrolment.organization}, not for ${organization}`, {
    hint: 'one proxy serves one organization: give another its own configuration and database',
  });
}

function relayChange(pin: RelayPin | undefined, relayUrl: URL, metadata: RelayMetadata): RelayChange {
  if (pin?.relayServer === undefined) return 'created';
  if (pin.relayUrl !== relayUrl.href) return 'url-updated';
  return identityChange(pin, metadata) === undefined ? 'unchanged' : 'identity-updated';
}
