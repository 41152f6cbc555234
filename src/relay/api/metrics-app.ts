// What the metrics listener serves: /metrics for Prometheus, and /health for whoever watches from inside.

import type { OpenDatabase } from '../../database/database.ts';
import { createApiApp } from '../../runtime/http/api-app.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Random } from '../../runtime/random.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayApp, RelayEnv } from './relay-app.ts';
import { addReportHealth } from './report-health.ts';

export function createMetricsApp({
  database,
  metrics,
  logger,
  random,
}: {
  database: Pick<OpenDatabase<RelaySchema>, 'db' | 'failure'>;
  metrics: Metrics;
  logger: Logger;
  random: Random;
}): RelayApp {
  const app = createApiApp<RelayEnv>({ logger, random, bodyBytes: 1024 });
  addReportHealth(app, database);
  app.get('/metrics', async context => {
    const { contentType, body } = await metrics.expose();
    return context.body(body, 200, { 'content-type': contentType });
  });
  return app;
}
