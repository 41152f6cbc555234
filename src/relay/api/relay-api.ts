// The relay's public HTTP API, put together: what stands before every operation, and the operations.

import { credentialsPath } from '../../contract/credentials.ts';
import { probesPath } from '../../contract/probes.ts';
import { publishLimits } from '../../contract/publishing.ts';
import { version } from '../../contract/versions.ts';
import { createApiApp, serveApiDocument } from '../../runtime/http/api-app.ts';
import { limitStructure } from '../../runtime/http/limit-structure.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { readBatch } from './read-batch.ts';
import type { RelayApp, RelayEnv } from './relay-app.ts';
import { type CallerChecks, requireCaller } from './require-caller.ts';
import { requireRecentProxy } from './require-recent-proxy.ts';

/** Operations of organizations, which demand an access token. The others are public. */
const organizationPaths = [
  '/v1/notifications',
  '/v1/targets/*',
  credentialsPath,
  `${credentialsPath}/*`,
  probesPath,
];
const publishPath = '/v1/notifications';
/** The envelope, its array and its items, with room for what a later version adds to each. */
const maxBatchOpenings = 4 * publishLimits.batchItems;
/** Enough for everything but a batch. */
const bodyBytes = 64 * 1024;

export function createRelayApi({
  logger,
  random,
  minimumProxyVersion,
  callers,
  operations,
}: {
  logger: Logger;
  random: Random;
  minimumProxyVersion: string;
  callers: CallerChecks;
  /** Each adds one operation. */
  operations: readonly ((app: RelayApp) => void)[];
}): RelayApp {
  const app = createApiApp<RelayEnv>({ logger, random, bodyBytes, boundsItself: publishPath });
  app.use('/v1/*', requireRecentProxy(minimumProxyVersion));
  for (const path of organizationPaths) app.use(path, requireCaller(callers));
  app.use(publishPath, readBatch(), limitStructure(maxBatchOpenings));
  for (const add of operations) add(app);
  const description = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Mailbadge relay', version, license: { name: 'Apache-2.0' } },
  });
  serveApiDocument(app, description);
  return app;
}
