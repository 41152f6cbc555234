// POST /api/probes runs a probe and answers when it has ended; GET lists the newest.

import { createRoute } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { probeListSchema, probeSchema } from '../../contract/console/proxy-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import type { Random } from '../../runtime/random.ts';
import { probeBy } from '../administration/probe-administration.ts';
import type { ProxySchema } from '../database/schema.ts';
import { listProbes } from '../probes/probe-store.ts';
import type { ConsoleApp, RecordAct } from './console-operation.ts';

export type RunProbeCollaborators = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  /** Makes the running stages see what was just committed. */
  follow(): Promise<void>;
  recordAct: RecordAct;
};

const path = '/api/probes';
const timeoutMs = 45_000;
const listed = 20;

export function addRunProbe(app: ConsoleApp, collaborators: RunProbeCollaborators): void {
  const { db, follow, recordAct } = collaborators;
  const run = createRoute({ method: 'post', path, responses: { 200: jsonAnswer('It ended', probeSchema) } });
  app.openapi(run, async context => {
    const probe = await probeBy(collaborators, { timeoutMs, requested: follow });
    recordAct('probed', { probeId: probe.id, resultType: probe.resultType });
    return context.json(probe, 200);
  });
  const list = createRoute({
    method: 'get',
    path,
    responses: { 200: jsonAnswer('The newest first', probeListSchema) },
  });
  app.openapi(list, async context => context.json({ probes: await listProbes(db, { limit: listed }) }, 200));
}
