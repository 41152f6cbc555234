// The relay console's HTTP API, put together: what stands before every operation, and the operations. Everything from
// `requireSession` on is for people who are signed in, and reaches what it works on through their scope alone.

import { Hono } from 'hono';
import { createApiApp } from '../../runtime/http/api-app.ts';
import { SessionCookie } from '../../runtime/http/session-cookie.ts';
import { addAccount } from './account.ts';
import { addAdministrators } from './administrators.ts';
import { addApps } from './apps.ts';
import { addAudit } from './audit.ts';
import type { ConsoleApp, ConsoleEnv, ConsoleParts } from './console-env.ts';
import { addCredentials } from './credentials.ts';
import { addDeviceAuthorizations } from './device-authorizations.ts';
import { guardCrossSite } from './guard-cross-site.ts';
import { addKeys } from './keys.ts';
import { addOrganizations } from './organizations.ts';
import { requireSession } from './require-session.ts';
import { addSession } from './session.ts';
import { addSignUps } from './sign-ups.ts';
import { addStatus } from './status.ts';
import { addTraffic } from './traffic.ts';

export const consoleApiPath = '/console/api';
const bodyBytes = 16 * 1024;

export function createConsoleApi(parts: ConsoleParts): ConsoleApp {
  const { logger, random, config } = parts;
  const cookie = new SessionCookie({ name: 'mailbadge-console', url: config.issuer });
  const api: ConsoleApp = new Hono<ConsoleEnv>();

  api.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
    context.header('cross-origin-resource-policy', 'same-origin');
  });
  api.use(guardCrossSite(config));
  api.use(async (context, next) => {
    await next();
    const changed = context.req.method !== 'GET' && context.res.ok;
    if (changed) await parts.changed();
  });
  addSession(api, parts, cookie);
  addSignUps(api, parts);

  api.use(requireSession(parts, cookie));
  addAccount(api, parts, cookie);

  api.use(async (context, next) => {
    if (context.req.method !== 'GET') context.get('scope').requireActive();
    await next();
  });
  addOrganizations(api, parts);
  addCredentials(api);
  addTraffic(api, parts);
  addApps(api, parts);
  addKeys(api);
  addDeviceAuthorizations(api, parts);
  addAudit(api, parts);
  addAdministrators(api, parts);
  addStatus(api, parts);

  const app = createApiApp<ConsoleEnv>({ logger, random, bodyBytes });
  app.route(consoleApiPath, api);
  return app;
}
