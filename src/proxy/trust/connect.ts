// Step 2 of trust: the certificate becomes a key credential of the organization's application at the relay. A
// one-time code from the relay's operator vouches for the organization, a proof of possession for the key.

import type { Kysely } from 'kysely';
import type { EnrolmentResponse } from '../../contract/enrolment.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { HttpClient } from '../../runtime/http/http-client.ts';
import type { Random } from '../../runtime/random.ts';
import type { Secret } from '../../runtime/secrets.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { CertificateStore, OrganizationKey } from './certificates/certificate-store.ts';
import { enrol } from './enrol.ts';
import { RelayClock } from './relay-clock.ts';
import { notConnected, relayFailureError } from './relay-failure.ts';
import { type RelayPin, readRelayPin, storeEnrolment } from './relay-pin.ts';
import { identityChange } from './relay-trust.ts';
import { inspectRelay } from './set-up.ts';

export type ConnectStep =
  | { step: 'asking-for-code'; organization: string }
  | { step: 'adding-key' }
  /** `added` is false when the relay had this key already. */
  | { step: 'complete'; added: boolean; response: EnrolmentResponse };

export async function connectTrust({
  db,
  certificates,
  http,
  clock,
  random,
  timeoutMs,
  askForCode,
  report,
}: {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
  http: HttpClient;
  clock: Clock;
  random: Random;
  timeoutMs: number;
  /** Called only when everything else is in order. */
  askForCode: () => Promise<Secret>;
  report: (step: ConnectStep) => void;
}): Promise<void> {
  const { key, pin, organization } = await prerequisites({ db, certificates });
  const relayClock = new RelayClock({ clock });
  const metadata = await inspectRelay(new URL(pin.relayUrl), { http, clock, relayClock, timeoutMs });
  const changed = identityChange(pin, metadata);
  if (changed !== undefined) throw relayFailureError(changed);
  report({ step: 'asking-for-code', organization });
  const code = await askForCode();
  report({ step: 'adding-key' });
  const now = relayClock.now() ?? clock.now(); // a person may have taken minutes to type the code
  const answer = await enrol(http, { issuer: pin.issuer, key, code, now, random, timeoutMs });
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

async function prerequisites({
  db,
  certificates,
}: {
  db: Kysely<ProxySchema>;
  certificates: CertificateStore;
}): Promise<{ key: OrganizationKey; pin: RelayPin; organization: string }> {
  const key = await certificates.current();
  if (key === undefined) {
    throw new AppError('certificate-not-found', 'Cannot find certificate.', {
      hint: 'run "mailbadge proxy trust set-up" first',
    });
  }
  const pin = await readRelayPin({ db });
  if (pin?.organization === undefined) throw relayFailureError(notConnected);
  return { key, pin, organization: pin.organization };
}
