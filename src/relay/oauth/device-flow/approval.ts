// The administrator's side of the device flow: what a waiting proxy asks for, and the decision on it. A decision falls
// once, of exactly the certificate that was shown, and stands in the audit log together with itself.

import { X509Certificate } from 'node:crypto';
import type { Kysely } from 'kysely';
import { normalizeUserCode } from '../../../contract/device-flow.ts';
import { AppError } from '../../../runtime/errors.ts';
import { type Actor, recordAudit } from '../../administrators/audit-log.ts';
import type { RelaySchema } from '../../database/schema.ts';
import { shownUserCode } from './device-authorizations.ts';

/** What an administrator is shown before deciding; `DeviceAuthorization` of the console's contract, and whose it is. */
export type DeviceAuthorizationView = {
  userCode: string;
  organizationId: string;
  organization: string;
  /** SHA-1 of the certificate, 40 upper-case hexadecimal digits: what the proxy shows, too. */
  thumbprint: string;
  keyId: string;
  subject: string;
  notBefore: number;
  notAfter: number;
  proxyVersion: string;
  address: string;
  requestedAt: number;
  expiresAt: number;
  decision: 'approved' | 'denied' | null;
};

/** `organizationId`: whose alone may be seen; null for all. Undefined when there is none, or it has expired. */
export async function findDeviceAuthorization(
  db: Kysely<RelaySchema>,
  typedUserCode: string,
  { now, organizationId }: { now: number; organizationId: string | null },
): Promise<DeviceAuthorizationView | undefined> {
  const row = await db
    .selectFrom('device_authorization')
    .innerJoin('organization', 'organization.id', 'device_authorization.organization_id')
    .where('user_code', '=', normalizeUserCode(typedUserCode))
    .where('expires_at', '>', now)
    .selectAll('device_authorization')
    .select('organization.domain')
    .executeTakeFirst();
  if (row === undefined || (organizationId !== null && row.organization_id !== organizationId)) {
    return undefined;
  }
  const certificate = new X509Certificate(Buffer.from(row.certificate, 'base64'));
  return {
    userCode: shownUserCode(row.user_code),
    organizationId: row.organization_id,
    organization: row.domain,
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    keyId: row.key_id,
    subject: certificate.subject.replaceAll('\n', ', '),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    proxyVersion: row.proxy_version,
    address: row.address,
    requestedAt: row.created_at,
    expiresAt: row.expires_at,
    decision: row.decision as DeviceAuthorizationView['decision'],
  };
}

/**
 * Decides once, of exactly the certificate that the person saw. Throws `device-code-unknown` (also for another
 * organization's and for an expired one) and `device-code-decided`. Who decides must have proved so just before.
 */
export async function decideDeviceAuthorization(
  db: Kysely<RelaySchema>,
  {
    userCode: typed,
    keyId,
    decision,
    administrator,
    organizationId,
    now,
  }: {
    userCode: string;
    keyId: string;
    decision: 'approve' | 'deny';
    administrator: Actor;
    /** Whose requests the administrator may decide on; null for all. */
    organizationId: string | null;
    now: number;
  },
): Promise<DeviceAuthorizationView> {
  const userCode = normalizeUserCode(typed);
  const decided = await db.transaction().execute(async transaction => {
    let query = transaction
      .updateTable('device_authorization')
      .set({
        decision: decision === 'approve' ? 'approved' : 'denied',
        decided_at: now,
        decided_by: administrator.actor,
      })
      .where('user_code', '=', userCode)
      .where('key_id', '=', keyId)
      .where('decision', 'is', null)
      .where('expires_at', '>', now);
    if (organizationId !== null) query = query.where('organization_id', '=', organizationId);
    const row = await query.returning(['organization_id', 'address']).executeTakeFirst();
    if (row === undefined) return false;
    await recordAudit(transaction, {
      ...administrator,
      at: now,
      organizationId: row.organization_id,
      action: decision === 'approve' ? 'device-authorization.approve' : 'device-authorization.deny',
      subject: keyId,
      detail: { askedFrom: row.address },
    });
    return true;
  });
  const shown = await findDeviceAuthorization(db, userCode, { now, organizationId });
  if (shown === undefined || shown.keyId !== keyId) {
    throw new AppError('device-code-unknown', 'no proxy waits for approval under this code', {
      hint: 'compare it with what the proxy shows; it lasts ten minutes',
    });
  }
  if (!decided) {
    throw new AppError('device-code-decided', `this request was ${shown.decision} before`, {
      hint: 'if that was not you, remove the certificate that it was for',
    });
  }
  return shown;
}
