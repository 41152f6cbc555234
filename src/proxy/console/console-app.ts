// The proxy's console over HTTP, put together: who may ask, and the operations. There is one administrator: whoever
// may read the proxy's files, and so get a link. Each act is logged.

import { createMiddleware } from 'hono/factory';
import { AppError } from '../../runtime/errors.ts';
import { type ApiEnv, createApiApp } from '../../runtime/http/api-app.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { addChangeSubscriptions, type ChangeSubscriptionsCollaborators } from './change-subscriptions.ts';
import type { ConsoleApp, RecordAct } from './console-operation.ts';
import type { ConsoleSessions } from './console-sessions.ts';
import { addExplainBadge, type ExplainBadgeCollaborators } from './explain-badge.ts';
import { addListDeliveries, type ListDeliveriesCollaborators } from './list-deliveries.ts';
import { addListRows, type ListRowsCollaborators } from './list-rows.ts';
import { addOpenSession, requireSession } from './open-session.ts';
import { addRunProbe, type RunProbeCollaborators } from './run-probe.ts';
import { addShowOverview, type ShowOverviewCollaborators } from './show-overview.ts';
import { addShowTrust, type ShowTrustCollaborators } from './show-trust.ts';
import { addSwitchProxy, type SwitchProxyCollaborators } from './switch-proxy.ts';

export type ConsoleAppOptions = ChangeSubscriptionsCollaborators &
  ExplainBadgeCollaborators &
  ListDeliveriesCollaborators &
  ListRowsCollaborators &
  RunProbeCollaborators &
  ShowOverviewCollaborators &
  ShowTrustCollaborators &
  SwitchProxyCollaborators & { logger: Logger; random: Random; sessions: ConsoleSessions };

const bodyBytes = 4096;
const contractHeader = 'x-mailbadge-console';

export function createConsoleApp(options: Omit<ConsoleAppOptions, 'recordAct'>): ConsoleApp {
  const { logger, random, sessions } = options;
  const app: ConsoleApp = createApiApp({ logger, random, bodyBytes });
  const recordAct: RecordAct = (act, fields = {}) => logger.info({ act, ...fields }, 'console');
  const all = { ...options, recordAct };
  app.use('/api/*', noStore, fromOwnPage);
  addOpenSession(app, all);
  app.use('/api/*', async (context, next) => {
    await requireSession(context, sessions);
    await next();
  });
  addShowOverview(app, all);
  addListRows(app, all);
  addExplainBadge(app, all);
  addChangeSubscriptions(app, all);
  addListDeliveries(app, all);
  addShowTrust(app, all);
  addRunProbe(app, all);
  addSwitchProxy(app, all);
  return app;
}

const noStore = createMiddleware<ApiEnv>(async (context, next) => {
  await next();
  context.res.headers.set('cache-control', 'no-store');
});

/**
 * Another page in the same browser may send requests here, with our cookie where it lies on the same host. What changes
 * something must say that it is the console's own: by its Origin, and by a header that no form can set.
 */
const fromOwnPage = createMiddleware<ApiEnv>(async (context, next) => {
  const { method } = context.req;
  const site = context.req.header('sec-fetch-site');
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  const changes = method !== 'GET' && method !== 'HEAD';
  const own =
    context.req.header('origin') === `http://${context.req.header('host')}` &&
    context.req.header(contractHeader) === '1';
  if (foreign || (changes && !own)) {
    throw new AppError('cross-site-request', 'the request does not come from the console’s own page', {
      hint: `the console sends its Origin and "${contractHeader}: 1" with each change`,
    });
  }
  await next();
});
