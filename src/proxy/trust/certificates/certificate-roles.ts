// The roles as stored: at most one row each of `current`, `previous`, `next` (a UNIQUE column). What role-rules.ts
// decided is written only onto the roles that it decided on.

import type { Kysely, Transaction } from 'kysely';
import type { ProxySchema } from '../../database/schema.ts';
import type { Candidate, Roles } from './role-rules.ts';

export async function readRoles(db: Kysely<ProxySchema>): Promise<Roles> {
  const rows = await db
    .selectFrom('certificate')
    .select([
      'id',
      'thumbprint',
      'not_before',
      'not_after',
      'role',
      'effective_at',
      'registered_at',
      'credential_ends_at',
    ])
    .where('role', 'is not', null)
    .execute();
  const of = (role: string): (Candidate & { effectiveAt: number }) | undefined => {
    const row = rows.find(each => each.role === role);
    if (row === undefined) return undefined;
    return {
      id: row.id,
      thumbprint: row.thumbprint,
      notBefore: row.not_before,
      notAfter: row.not_after,
      registeredAt: row.registered_at,
      credentialEndsAt: row.credential_ends_at,
      effectiveAt: row.effective_at ?? 0,
    };
  };
  return { current: of('current'), previous: of('previous'), next: of('next') };
}

/** What is stored of `Roles`. */
type RoleIds = {
  current: { id: string } | undefined;
  previous: { id: string } | undefined;
  next: { id: string; effectiveAt: number } | undefined;
};

/** False, and nothing is written, when the roles are no longer those that were judged. */
export async function storeRoles(
  transaction: Transaction<ProxySchema>,
  { judged, roles, now }: { judged: Roles; roles: RoleIds; now: number },
): Promise<boolean> {
  const before = await readRoles(transaction);
  if (fingerprint(before) !== fingerprint(judged)) return false;
  const { current, previous, next } = roles;
  const sameCurrent = before.current?.id === current?.id;
  await transaction
    .updateTable('certificate')
    .set({ role: null, effective_at: null })
    .where('role', 'in', sameCurrent ? ['previous', 'next'] : ['current', 'previous', 'next'])
    .execute();
  const give = (id: string, role: string, effectiveAt: number | null) =>
    transaction
      .updateTable('certificate')
      .set({ role, effective_at: effectiveAt })
      .where('id', '=', id)
      .execute();
  if (current !== undefined && !sameCurrent) await give(current.id, 'current', now);
  if (previous !== undefined) await give(previous.id, 'previous', null);
  if (next !== undefined) await give(next.id, 'next', next.effectiveAt);
  return true;
}

function fingerprint({ current, previous, next }: RoleIds): string {
  return JSON.stringify([current?.id, previous?.id, next?.id, next?.effectiveAt]);
}
