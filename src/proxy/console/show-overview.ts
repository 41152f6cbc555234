// GET /api/overview: how the proxy stands, and what needs somebody.

import { createRoute } from '@hono/zod-openapi';
import { type Overview, overviewSchema } from '../../contract/console/proxy-console.ts';
import { version } from '../../contract/versions.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import { readCounts } from '../administration/listing/read-overview.ts';
import { versionSkews } from '../administration/version-skew.ts';
import { type HealthCollaborators, healthFaults } from '../api/health/report-health.ts';
import { listNodes } from '../nodes/list-nodes.ts';
import { listProbes } from '../probes/probe-store.ts';
import { readProxyObjectRow } from '../publisher/proxy-object.ts';
import { readEndingSoon } from '../trust/expiry-watch.ts';
import { readRelayPin } from '../trust/relay/relay-pin.ts';
import { readRotationFailure } from '../trust/rotation-failure.ts';
import type { ConsoleApp } from './console-operation.ts';

export type ShowOverviewCollaborators = HealthCollaborators & {
  /** Of the mail source. */
  sourceName: string;
  publicUrl: string;
};

const route = createRoute({
  method: 'get',
  path: '/api/overview',
  responses: { 200: jsonAnswer('How the proxy stands', overviewSchema) },
});

export function addShowOverview(app: ConsoleApp, collaborators: ShowOverviewCollaborators): void {
  app.openapi(route, async context => context.json(await readOverview(collaborators), 200));
}

export async function readOverview(collaborators: ShowOverviewCollaborators): Promise<Overview> {
  const { db, clock, sourceName } = collaborators;
  const now = clock.now();
  const object = await readProxyObjectRow(db);
  const pin = await readRelayPin({ db });
  const nodes = await listNodes(db, clock);
  const [lastProbe] = await listProbes(db, { limit: 1 });
  const faults = await healthFaults(collaborators);
  const warnings = faults.map(({ code, detail, hint }) => ({ code, message: detail, hint: hint ?? null }));
  return {
    version,
    organization: object?.organization ?? pin?.organization ?? null,
    enabled: object?.enabled === 1,
    uri: object?.uri ?? null,
    source: sourceName,
    nodes: nodes.map(({ name, version, startedAt, seenAt, state }) => ({
      name,
      version,
      startedAt,
      seenAt,
      running: state === 'running',
    })),
    relay: {
      url: pin?.relayUrl ?? null,
      version: pin?.metadata.version ?? null,
      connected: !faults.some(({ part }) => part === 'relay'),
    },
    ...(await readCounts(db, now)),
    lastProbe: lastProbe ?? null,
    warnings: [...warnings, ...(await furtherWarnings(collaborators, object?.enabled === 1))],
  };
}

/** What is not yet a reason for badges not to flow, or was wanted so. */
async function furtherWarnings(
  { db, clock, publicUrl }: ShowOverviewCollaborators,
  enabled: boolean,
): Promise<Overview['warnings']> {
  const warnings: Overview['warnings'] = [];
  if (!enabled) {
    warnings.push({
      code: 'proxy-disabled',
      message: 'the proxy is disabled: it counts, and publishes nothing',
      hint: 'enable it here, or run "mailbadge proxy enable"',
    });
  }
  for (const { what, role, endsAt, daysLeft } of await readEndingSoon(db, clock.now())) {
    const name = what === 'credential' ? 'key credential' : what;
    warnings.push({
      code: 'certificate-expires-soon',
      message: `the ${role} ${name} ${daysLeft < 0 ? 'has ended' : `ends in ${daysLeft} days`}, ${new Date(endsAt).toISOString()}, and none follows it`,
      hint: 'run "mailbadge proxy trust certificate stage"',
    });
  }
  const rotation = await readRotationFailure(db);
  if (rotation !== undefined) {
    const { message, hint } = rotation;
    warnings.push({ code: 'rotation-failed', message: `certificates cannot be rotated: ${message}`, hint });
  }
  if (new URL(publicUrl).protocol === 'http:') {
    warnings.push({
      code: 'public-url-plain',
      message: `devices reach this proxy at ${publicUrl}, where passwords travel in the clear`,
      hint: 'use https in public_url, and tls or a reverse proxy that speaks it',
    });
  }
  for (const { message, hint } of await versionSkews(db, clock)) {
    warnings.push({ code: 'version-skew', message, hint });
  }
  return warnings;
}
