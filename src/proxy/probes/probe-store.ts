// Probes as rows: asked for by a command, the console or the schedule, for one node; that node's process does them and
// stores how they ended. The newest thousand stay.

import type { Kysely } from 'kysely';
import type { Probe } from '../../contract/console/proxy-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProbeTable, ProxySchema } from '../database/schema.ts';
import { listNodes } from '../nodes/list-nodes.ts';
import type { ProbeOutcome } from './probe-outcome.ts';

const kept = 1000;

/** Asks the node to probe (without a name: the one that runs longest) and answers the probe's id. */
export async function requestProbe(
  { db, clock, random }: { db: Kysely<ProxySchema>; clock: Clock; random: Random },
  { node, iconId }: { node?: string | undefined; iconId?: string | undefined } = {},
): Promise<string> {
  const nodes = await listNodes(db, clock);
  const running = nodes.filter(({ state }) => state === 'running');
  const chosen = node === undefined ? running[0] : running.find(({ name }) => name === node);
  if (chosen === undefined) throw noNode(node, nodes);
  return insertProbe({ db, clock, random }, { node: chosen.name, iconId, requestedBy: 'administrator' });
}

export async function insertProbe(
  { db, clock, random }: { db: Kysely<ProxySchema>; clock: Clock; random: Random },
  probe: { node: string; iconId?: string | undefined; requestedBy: 'administrator' | 'schedule' },
): Promise<string> {
  const id = random.uuid();
  await db
    .insertInto('probe')
    .values({
      id,
      node: probe.node,
      requested_by: probe.requestedBy,
      icon_id: probe.iconId ?? null,
      requested_at: clock.now(),
    })
    .execute();
  return id;
}

/** Only while it has no end: whoever gave up on it has the last word. */
export async function endProbe(
  db: Kysely<ProxySchema>,
  id: string,
  { resultType, failure, stages, now }: Partial<ProbeOutcome> & { resultType: string; now: number },
): Promise<void> {
  await db
    .updateTable('probe')
    .set({
      ended_at: now,
      result_type: resultType,
      failure_class: failure?.failureClass ?? null,
      error: failure?.error ?? null,
      exception: failure?.exception ?? null,
      remedy: failure?.remedy ?? null,
      ...(stages === undefined ? {} : { stages: JSON.stringify(stages) }),
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
}

export async function trimProbes(db: Kysely<ProxySchema>): Promise<void> {
  await db
    .deleteFrom('probe')
    .where('requested_at', '<', eb =>
      eb
        .selectFrom('probe')
        .select('requested_at')
        .orderBy('requested_at', 'desc')
        .limit(1)
        .offset(kept - 1),
    )
    .execute();
}

/** The newest first. */
export async function listProbes(db: Kysely<ProxySchema>, { limit }: { limit: number }): Promise<Probe[]> {
  const rows = await db
    .selectFrom('probe')
    .selectAll()
    .orderBy('requested_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(probeOf);
}

export async function readProbe(db: Kysely<ProxySchema>, id: string): Promise<Probe | undefined> {
  const row = await db.selectFrom('probe').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : probeOf(row);
}

function probeOf(row: ProbeTable): Probe {
  return {
    id: row.id,
    node: row.node,
    requestedBy: row.requested_by as Probe['requestedBy'],
    requestedAt: row.requested_at,
    endedAt: row.ended_at,
    resultType: row.result_type as Probe['resultType'],
    failureClass: row.failure_class as Probe['failureClass'],
    error: row.error ?? '',
    exception: row.exception ?? '',
    remedy: row.remedy,
    stages: row.stages === null ? [] : (JSON.parse(row.stages) as Probe['stages']),
  };
}

function noNode(node: string | undefined, nodes: { name: string; state: string }[]): AppError {
  if (node !== undefined) {
    const found = nodes.find(({ name }) => name === node);
    const what = found === undefined ? `there is no node ${node}` : `the node ${node} is ${found.state}`;
    return new AppError('node-not-found', what, {
      hint: 'list them with "mailbadge proxy status"; without --node the first one that runs is taken',
    });
  }
  // The original's words.
  return new AppError('node-not-found', 'Cannot find a Mailbox server in the current site.', {
    hint: 'no proxy serves this database: start "mailbadge proxy serve", with the same --config as here',
  });
}
