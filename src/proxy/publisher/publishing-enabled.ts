// The administrator's switch: `proxy enable`, `proxy disable`. Read in the transaction that would claim, so that once
// a disabling is committed no new attempt begins. Watching and counting go on: enabled again, what is right is
// published at once.

import type { Kysely } from 'kysely';
import type { ProxySchema } from '../database/schema.ts';

/** False until the first `proxy enable`. */
export async function publishingEnabled(db: Kysely<ProxySchema>): Promise<boolean> {
  const row = await db.selectFrom('proxy_object').select('enabled').where('id', '=', 1).executeTakeFirst();
  return row?.enabled === 1;
}
