// What the metrics listener serves: /metrics for Prometheus, and /health for whoever watches from inside.

import { createApiApp } from '../../../runtime/http/api-app.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Metrics } from '../../../runtime/metrics.ts';
import type { Random } from '../../../runtime/random.ts';
import type { DeviceApp, DeviceEnv } from '../device-app.ts';
import { addReportHealth, type HealthCollaborators } from './report-health.ts';

export function createMetricsApp(
  options: HealthCollaborators & { metrics: Metrics; logger: Logger; random: Random },
): DeviceApp {
  const { metrics, logger, random } = options;
  const app: DeviceApp = createApiApp<DeviceEnv>({ logger, random, bodyBytes: 1024 });
  addReportHealth(app, options);
  app.get('/metrics', async context => {
    const { contentType, body } = await metrics.expose();
    return context.body(body, 200, { 'content-type': contentType });
  });
  return app;
}
