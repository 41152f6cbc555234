// What `proxy probe` does: asks a running node for a probe by the database, and waits for its end.

import type { Kysely } from 'kysely';
import type { Probe } from '../../contract/console/proxy-console.ts';
import { type OpenDatabase, openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { endProbe, readProbe, requestProbe } from '../probes/probe-store.ts';

export type { Probe } from '../../contract/console/proxy-console.ts';

const pollMs = 50;

type ProbeRequest = { node?: string | undefined; iconId?: string | undefined; timeoutMs: number };

/** Throws `node-not-found` when nobody can do it. */
export async function probe(
  config: ProxyConfig,
  request: ProbeRequest,
  { clock, random }: { clock: Clock; random: Random },
): Promise<Probe> {
  await using database: OpenDatabase<ProxySchema> = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  return await probeBy({ db, clock, random }, request);
}

/** On an open database. `requested` is called when the request is committed. */
export async function probeBy(
  { db, clock, random }: { db: Kysely<ProxySchema>; clock: Clock; random: Random },
  { requested, ...request }: ProbeRequest & { requested?: () => Promise<void> },
): Promise<Probe> {
  const id = await requestProbe({ db, clock, random }, request);
  await requested?.();
  const deadline = clock.monotonic() + request.timeoutMs;
  for (;;) {
    const found = await readProbe(db, id);
    if (found !== undefined && found.endedAt !== null) return found;
    if (clock.monotonic() >= deadline) break;
    await clock.sleep(pollMs);
  }
  await endProbe(db, id, {
    resultType: 'TimedOut',
    failure: {
      failureClass: 'Unknown',
      error: `the node did not end the probe within ${request.timeoutMs / 1000} s`,
      exception: 'probe-failed',
      remedy: 'look into the log of that node; give it longer with --timeout',
    },
    now: clock.now(),
  });
  const ended = await readProbe(db, id);
  if (ended === undefined) throw new Error('the probe is gone from the database');
  return ended;
}
