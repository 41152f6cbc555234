// The nodes of a relay, as they last said of themselves.

import type { Kysely } from 'kysely';
import type { ProviderName } from '../../contract/push-targets.ts';
import type { RelaySchema } from '../database/schema.ts';

/** After three times nothing was heard. */
export const silentAfterMs = 30_000;

export type HeldBackApp = { appId: string; provider: ProviderName; environment: string; reason: string };

export type Node = {
  name: string;
  version: string;
  startedAt: number;
  seenAt: number;
  running: boolean;
  /** Apps whose breaker is open; none when it does not run. */
  appsHeldBack: HeldBackApp[];
};

export async function listNodes(db: Kysely<RelaySchema>, now: number): Promise<Node[]> {
  const rows = await db.selectFrom('node').selectAll().orderBy('name').execute();
  return rows.map(row => {
    const running = row.stopped_at === null && row.seen_at > now - silentAfterMs;
    return {
      name: row.name,
      version: row.version,
      startedAt: row.started_at,
      seenAt: row.seen_at,
      running,
      appsHeldBack: running ? (JSON.parse(row.apps_held_back) as HeldBackApp[]) : [],
    };
  });
}
