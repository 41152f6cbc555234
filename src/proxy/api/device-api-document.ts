// The API description of the device API (OpenAPI 3.1), made from the same routes that serve it.

import { OpenAPIHono } from '@hono/zod-openapi';
import { version } from '../../contract/versions.ts';
import { changePreferencesRoute } from './change-preferences.ts';
import { currentSessionRoute } from './current-session.ts';
import { describeAppRoute } from './describe-app.ts';
import { issueTicketRoute } from './issue-ticket.ts';
import { listDevicesRoute } from './list-devices.ts';
import { listMessagesRoute } from './list-messages.ts';
import { removeDeviceRoute } from './remove-device.ts';
import { renewSubscriptionRoute } from './renew-subscription.ts';
import { reportOpenedRoute } from './report-opened.ts';
import { reportViewedRoute } from './report-viewed.ts';
import { showIconRoute } from './show-icon.ts';
import { signInRoute } from './sign-in.ts';
import { signOutRoute } from './sign-out.ts';
import { subscribeRoute } from './subscribe.ts';
import { testBadgeRoute } from './test-badge.ts';
import { unsubscribeRoute } from './unsubscribe.ts';

const routes = [
  describeAppRoute,
  signInRoute,
  currentSessionRoute,
  signOutRoute,
  issueTicketRoute,
  subscribeRoute,
  renewSubscriptionRoute,
  reportViewedRoute,
  changePreferencesRoute,
  unsubscribeRoute,
  reportOpenedRoute,
  showIconRoute,
  testBadgeRoute,
  listMessagesRoute,
  listDevicesRoute,
  removeDeviceRoute,
];

export function deviceOpenApiDocument() {
  const app = new OpenAPIHono();
  for (const route of routes) app.openAPIRegistry.registerPath(route);
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'http',
    scheme: 'bearer',
    description: 'The session that POST /v1/sessions answered',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-mailbadge',
    description:
      "With sessionIn: cookie; over http its name is mailbadge. Only the proxy's own page may use it (Sec-Fetch-Site, Origin)",
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Mailbadge proxy: devices',
      version,
      description: 'How an app shows the unseen count of a mailbox on its icon.',
      license: { name: 'Apache-2.0' },
    },
  });
}
