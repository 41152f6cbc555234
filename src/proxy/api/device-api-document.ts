// The API description of the device API (OpenAPI 3.1), made from the same routes that serve it.

import { OpenAPIHono } from '@hono/zod-openapi';
import { version } from '../../contract/versions.ts';
import { listDevicesRoute } from './devices/list-devices.ts';
import { removeDeviceRoute } from './devices/remove-device.ts';
import { reportOpenedRoute } from './icons/report-opened.ts';
import { showIconRoute } from './icons/show-icon.ts';
import { testBadgeRoute } from './icons/test-badge.ts';
import { listMessagesRoute } from './messages/list-messages.ts';
import { describeAppRoute } from './registration/describe-app.ts';
import { issueTicketRoute } from './registration/issue-ticket.ts';
import { currentSessionRoute } from './sessions/current-session.ts';
import { signInRoute } from './sessions/sign-in.ts';
import { signOutRoute } from './sessions/sign-out.ts';
import { changePreferencesRoute } from './subscriptions/change-preferences.ts';
import { renewSubscriptionRoute } from './subscriptions/renew-subscription.ts';
import { reportViewedRoute } from './subscriptions/report-viewed.ts';
import { subscribeRoute } from './subscriptions/subscribe.ts';
import { unsubscribeRoute } from './subscriptions/unsubscribe.ts';

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
