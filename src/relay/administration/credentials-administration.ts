// Organizations' key credentials, as the relay's operator sees and revokes them.

import type { CredentialDetail } from '../../contract/credentials.ts';
import { recordAudit } from '../administrators/audit-log.ts';
import {
  describeCredentials,
  keyCredentialById,
  keyCredentialsOf,
  revokeKeyCredential,
} from '../organizations/key-credentials.ts';
import { organizationByDomain } from '../organizations/organizations.ts';
import type { AdministrationContext } from './administration-context.ts';

export type CredentialsAdministration = {
  /** Which one is in use, and when each was last used. */
  credentials(domain: string): Promise<CredentialDetail[]>;
  revokeCredential(keyId: string, reason: string): Promise<CredentialDetail>;
};

export function credentialsAdministration({
  db,
  clock,
  actor,
}: AdministrationContext): CredentialsAdministration {
  return {
    async credentials(domain) {
      const { applicationId } = await organizationByDomain(db, domain);
      return describeCredentials(await keyCredentialsOf(db, applicationId), clock.now());
    },
    async revokeCredential(keyId, reason) {
      const now = clock.now();
      const { applicationId } = await db.transaction().execute(async transaction => {
        const before = await keyCredentialById(transaction, keyId);
        const revoked = await revokeKeyCredential(transaction, keyId, { reason, now });
        if (before?.revokedAt !== null) return revoked;
        const { organization_id: organizationId } = await transaction
          .selectFrom('application')
          .select('organization_id')
          .where('id', '=', revoked.applicationId)
          .executeTakeFirstOrThrow();
        await recordAudit(transaction, {
          ...actor,
          at: now,
          organizationId,
          action: 'credential.revoke',
          subject: keyId,
          detail: { reason },
        });
        return revoked;
      });
      const all = describeCredentials(await keyCredentialsOf(db, applicationId), now);
      return required(all.find(credential => credential.keyId === keyId));
    },
  };
}

/** Credentials are never deleted. */
function required(credential: CredentialDetail | undefined): CredentialDetail {
  if (credential === undefined) throw new Error('a revoked credential is gone');
  return credential;
}
