// The audit log: every administrative act, in the transaction of the act itself, so that there is never one without
// the other. Kept for good. Nothing in it is a secret: no password, code, token or push target.

import type { Kysely, Selectable } from 'kysely';
import type { AuditEntryTable, RelaySchema } from '../database/schema.ts';

export type ActorKind = 'command' | 'administrator' | 'proxy' | 'relay';

/** Who acts: a system user, an e-mail address, a key id; and from where, when it came over the network. */
export type Actor = { actorKind: ActorKind; actor: string; address: string | null };

/** Stable: programs filter by them. */
export type AuditAction =
  | 'organization.add'
  | 'organization.change'
  | 'organization.deactivate'
  | 'organization.reactivate'
  | 'organization.revoke-targets'
  | 'organization.new-code'
  | 'organization.domain-missing'
  | 'organization.domain-found'
  | 'credential.register'
  | 'credential.revoke'
  | 'device-authorization.approve'
  | 'device-authorization.deny'
  | 'administrator.add'
  | 'administrator.disable'
  | 'administrator.enable'
  | 'administrator.reset-password'
  | 'administrator.change-password'
  | 'administrator.totp-on'
  | 'administrator.totp-off'
  | 'session.sign-in'
  | 'session.refuse'
  | 'sign-up.begin'
  | 'sign-up.complete'
  | 'key.rotate'
  | 'target.deny'
  | 'tripwire.lift';

export type AuditRecord = Actor & {
  at: number;
  organizationId: string | null;
  action: AuditAction;
  /** What it was done to: a domain, a key id, an e-mail address. */
  subject?: string | null;
  detail?: Record<string, unknown> | null;
};

/** The relay itself, when it acts without anybody. */
export const relayActor: Actor = { actorKind: 'relay', actor: 'relay', address: null };

/** Call it with the transaction of the act. */
export async function recordAudit(db: Kysely<RelaySchema>, record: AuditRecord): Promise<void> {
  const { detail = null } = record;
  await db
    .insertInto('audit_entry')
    .values({
      at: record.at,
      actor_kind: record.actorKind,
      actor: record.actor,
      organization_id: record.organizationId,
      action: record.action,
      subject: record.subject ?? null,
      detail: detail === null ? null : JSON.stringify(detail),
      address: record.address,
    })
    .execute();
}

export type AuditEntry = {
  id: number;
  at: number;
  actorKind: string;
  actor: string;
  organizationId: string | null;
  /** Its domain. */
  organization: string | null;
  action: string;
  subject: string | null;
  detail: Record<string, unknown> | null;
  address: string | null;
};

/** Newest first; `before` is the id of the last entry of the page above. */
export async function listAudit(
  db: Kysely<RelaySchema>,
  {
    organizationId,
    before,
    since,
    limit,
  }: { organizationId?: string; before?: number; since?: number; limit: number },
): Promise<{ entries: AuditEntry[]; more: boolean }> {
  let query = db
    .selectFrom('audit_entry')
    .leftJoin('organization', 'organization.id', 'audit_entry.organization_id')
    .selectAll('audit_entry')
    .select('organization.domain')
    .orderBy('audit_entry.id', 'desc')
    .limit(limit + 1);
  if (organizationId !== undefined) query = query.where('audit_entry.organization_id', '=', organizationId);
  if (before !== undefined) query = query.where('audit_entry.id', '<', before);
  if (since !== undefined) query = query.where('audit_entry.at', '>=', since);
  const rows = await query.execute();
  return { entries: rows.slice(0, limit).map(toEntry), more: rows.length > limit };
}

function toEntry(row: Selectable<AuditEntryTable> & { domain: string | null }): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actorKind: row.actor_kind,
    actor: row.actor,
    organizationId: row.organization_id,
    organization: row.domain,
    action: row.action,
    subject: row.subject,
    detail: row.detail === null ? null : (JSON.parse(row.detail) as Record<string, unknown>),
    address: row.address,
  };
}
