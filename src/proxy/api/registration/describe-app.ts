// GET /v1/app, without a session: what the web app that this proxy serves is called, and what it registers as.

import { createRoute } from '@hono/zod-openapi';
import { type WebApp, webAppSchema } from '../../../contract/devices.ts';
import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import { jsonAnswer } from '../../../runtime/http/json-content.ts';
import type { ProxyConfig } from '../../config.ts';
import type { DeviceApp } from '../device-app.ts';
import { problemResponses } from '../device-operation.ts';
import type { RelayForDevices } from './relay-for-devices.ts';

export const describeAppRoute = createRoute({
  method: 'get',
  path: '/v1/app',
  operationId: 'describeApp',
  summary: 'What the web app is called and registers as',
  responses: {
    200: jsonAnswer('The web app of this proxy', webAppSchema),
    ...problemResponses([], { session: false }),
  },
});

export function addDescribeApp(
  app: DeviceApp,
  { relay, webApp }: { relay: Pick<RelayForDevices, 'apps'>; webApp: ProxyConfig['web_app'] },
): void {
  app.openapi(describeAppRoute, context => context.json(describeWebApp(webApp, relay.apps()), 200));
}

/** `apps`: those of the relay; undefined while it is not connected. */
export function describeWebApp(
  { name, app_id: appId, webmail }: ProxyConfig['web_app'],
  apps: RelayMetadata['apps'] = [],
): WebApp {
  const app = apps.find(
    ({ id, vapidPublicKey }) => vapidPublicKey !== undefined && (appId === undefined || id === appId),
  );
  return {
    name,
    appId: app?.id ?? null,
    vapidPublicKey: app?.vapidPublicKey ?? null,
    webmail: webmail?.inbox ?? null,
  };
}
