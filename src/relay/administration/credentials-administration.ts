// Organizations' key credentials, as the relay's operator sees and revokes them.

import { recordAudit } from '../administrators/audit-log.ts';
import {
  type KeyCredential,
  keyCredentialById,
  keyCredentialsOf,
  revokeKeyCredential,
} from '../organizations/key-credentials.ts';
import { organizationByDomain } from '../organizations/organizations.ts';
import type { AdministrationContext } from './administration-context.ts';

export type CredentialsAdministration = {
  credentials(domain: string): Promise<KeyCredential[]>;
  revokeCredential(keyId: string, reason: string): Promise<KeyCredential>;
};

export function credentialsAdministration({
  db,
  clock,
  actor,
}: AdministrationContext): CredentialsAdministration {
  return {
    credentials: async domain => keyCredentialsOf(db, (await organizationByDomain(db, domain)).applicationId),
    revokeCredential: (keyId, reason) =>
      db.transaction().execute(async transaction => {
        const before = await keyCredentialById(transaction, keyId);
        const now = clock.now();
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
      }),
  };
}
