// Makes a certificate known to the relay before it signs: added as a key credential in the name of the one that signs
// now, and noted in the database.

import type { OrganizationKey } from '../certificates/certificate-store.ts';
import type { RelayAccess } from '../relay/relay-access.ts';
import type { RelayFailure } from '../relay/relay-failure.ts';

/** Undefined when the relay has it now. */
export async function registerCertificate(
  { credentials, certificates }: Pick<RelayAccess, 'credentials' | 'certificates'>,
  key: OrganizationKey,
  options: { signal?: AbortSignal } = {},
): Promise<RelayFailure | undefined> {
  const answer = await credentials.add(key, options);
  if (answer.kind === 'failed') return answer.failure;
  await certificates.markRegistered(key.certificate.id, { endsAt: answer.credential.endAt });
  return undefined;
}
