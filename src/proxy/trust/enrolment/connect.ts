// Step 2 of trust: the certificate becomes a key credential of the organization's application at the relay. An
// administrator who approves it in the browser vouches for the organization, or a one-time enrolment code; a proof of
// possession vouches for the key. Until the relay has answered nothing is stored; then everything is, at once.

import type { Kysely } from 'kysely';
import type { EnrolmentResponse } from '../../../contract/enrolment.ts';
import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { Random } from '../../../runtime/random.ts';
import type { Secret } from '../../../runtime/secrets.ts';
import type { ProxySchema } from '../../database/schema.ts';
import type { Certificate } from '../certificates/certificate.ts';
import type { CertificateStore, OrganizationKey } from '../certificates/certificate-store.ts';
import { checkPrerequisites } from '../prerequisites.ts';
import { RelayClock } from '../relay/relay-clock.ts';
import { notConnected, relayFailureError } from '../relay/relay-failure.ts';
import { type RelayPin, readRelayPin, storeEnrolment } from '../relay/relay-pin.ts';
import { identityChange } from '../relay/relay-trust.ts';
import { inspectRelay } from '../set-up.ts';
import { type ApprovalRequest, askForApproval, deviceEndpointOf } from './device-approval.ts';
import { enrol } from './enrol.ts';

export type ConnectStep =
  | { step: 'asking-for-code'; organization: string }
  /** The relay has no device flow: a code is asked for instead. */
  | { step: 'approval-unavailable'; relayVersion: string }
  | { step: 'asking-for-approval'; organization: string; thumbprint: string; request: ApprovalRequest }
  | { step: 'adding-key' }
  /** `added` is false when the relay had this key already. */
  | { step: 'complete'; added: boolean; response: EnrolmentResponse };

type Collaborators = {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
  http: HttpClient;
  clock: Clock;
  random: Random;
  timeoutMs: number;
  report: (step: ConnectStep) => void;
};

export type ConnectRequest = {
  /** In place of the current one; its private key must be here. */
  certificate: Certificate | undefined;
  /** With an enrolment code, where the relay could also ask for approval. */
  withCode: boolean;
  /** Called only when everything else is in order. */
  askForCode: () => Promise<Secret>;
};

type Ready = { key: OrganizationKey; pin: RelayPin; organization: string; metadata: RelayMetadata };

export async function connectTrust(request: ConnectRequest, collaborators: Collaborators): Promise<void> {
  const { db, http, clock, random, timeoutMs, report } = collaborators;
  const relayClock = new RelayClock({ clock });
  const ready = await checkEverything(request, relayClock, collaborators);
  const { key, pin, organization } = ready;
  const code = await obtainCode(request, ready, collaborators);
  report({ step: 'adding-key' });
  const now = relayClock.now() ?? clock.now(); // a person may have taken minutes
  const answer = await enrol(http, {
    issuer: pin.issuer,
    organization,
    key,
    code,
    now,
    random,
    timeoutMs,
  });
  if (answer.kind === 'failed') throw relayFailureError(answer.failure);
  const { response, added } = answer;
  if (response.organization !== organization) {
    throw new AppError(
      'enrolment-code-invalid',
      `the enrolment code is for ${response.organization}, but this proxy was set up for ${organization}`,
      { hint: 'ask the relay’s operator for a code of this organization' },
    );
  }
  const { realm, applicationId, credential } = response;
  await storeEnrolment(
    { db, clock },
    { certificateId: key.certificate.id, realm, applicationId, credentialEndsAt: credential.endAt },
  );
  report({ step: 'complete', added, response });
}

/** Before anybody signs in or types a code. */
async function checkEverything(
  { certificate }: ConnectRequest,
  relayClock: RelayClock,
  { db, certificates, http, clock, timeoutMs }: Collaborators,
): Promise<Ready> {
  const [key, relay] = await checkPrerequisites([
    () => keyToRegister(certificates, certificate),
    async () => {
      const pin = await readRelayPin({ db });
      if (pin?.organization === undefined) throw relayFailureError(notConnected);
      const metadata = await inspectRelay(new URL(pin.relayUrl), { http, clock, relayClock, timeoutMs });
      const changed = identityChange(pin, metadata);
      if (changed !== undefined) throw relayFailureError(changed);
      return { pin, organization: pin.organization, metadata };
    },
  ]);
  return { key, ...relay };
}

async function keyToRegister(
  certificates: CertificateStore,
  named: Certificate | undefined,
): Promise<OrganizationKey> {
  if (named === undefined) {
    const current = await certificates.current();
    if (current !== undefined) return current;
    throw certificateMissing();
  }
  try {
    return await certificates.find(named.id);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'certificate-not-found') throw error;
    throw new AppError(
      'certificate-not-found',
      `this proxy does not hold the private key of the certificate ${named.thumbprint}`,
      {
        hint: 'give one of "mailbadge proxy trust certificate list", or import it with its private key first',
      },
    );
  }
}

/** The original's words. */
export function certificateMissing(): AppError {
  return new AppError('certificate-not-found', 'Cannot find certificate.', {
    hint: 'run "mailbadge proxy trust set-up" first',
  });
}

async function obtainCode(
  { withCode, askForCode }: ConnectRequest,
  { key: { certificate }, organization, metadata }: Ready,
  { http, timeoutMs, report }: Collaborators,
): Promise<Secret> {
  const endpoint = withCode ? undefined : deviceEndpointOf(metadata);
  if (endpoint === undefined) {
    if (!withCode) report({ step: 'approval-unavailable', relayVersion: metadata.version });
    report({ step: 'asking-for-code', organization });
    return askForCode();
  }
  const approval = await askForApproval(http, { metadata, endpoint, organization, certificate, timeoutMs });
  if (approval.kind === 'failed') throw relayFailureError(approval.failure);
  const { thumbprint } = certificate;
  report({ step: 'asking-for-approval', organization, thumbprint, request: approval.request });
  const answer = await approval.wait();
  if (answer.kind === 'failed') throw relayFailureError(answer.failure);
  return answer.code;
}
