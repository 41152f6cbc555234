// The processes that serve this database, as they last reported. One that was killed could not say goodbye: it is
// silent.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxySchema } from '../database/schema.ts';
import { silentAfterMs } from './node-presence.ts';

export type ListedNode = {
  name: string;
  version: string;
  processId: number;
  consoleUrl: string | null;
  startedAt: number;
  seenAt: number;
  stoppedAt: number | null;
  state: 'running' | 'stopped' | 'silent';
};

/** The longest running first. */
export async function listNodes(db: Kysely<ProxySchema>, clock: Clock): Promise<ListedNode[]> {
  const now = clock.now();
  const rows = await db.selectFrom('node').selectAll().orderBy('started_at').orderBy('name').execute();
  return rows.map(row => ({
    name: row.name,
    version: row.version,
    processId: row.process_id,
    consoleUrl: row.console_url,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    stoppedAt: row.stopped_at,
    state: row.stopped_at !== null ? 'stopped' : now - row.seen_at > silentAfterMs ? 'silent' : 'running',
  }));
}
