// The proxy's HTTP API for devices, put together: what stands before every operation, and the operations.
// Nobody but the owner of a session learns anything of a mailbox: an id of somebody else answers as if it were none.

import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { AppError } from '../../runtime/errors.ts';
import { createApiApp, serveApiDocument } from '../../runtime/http/api-app.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import type { MailboxSource } from '../mailboxes/mailbox-source.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import { deviceOpenApiDocument } from './device-api-document.ts';
import type { DeviceApp, DeviceEnv } from './device-app.ts';
import { addListDevices } from './devices/list-devices.ts';
import { addRemoveDevice } from './devices/remove-device.ts';
import { addReportOpened } from './icons/report-opened.ts';
import { addShowIcon } from './icons/show-icon.ts';
import { addTestBadge } from './icons/test-badge.ts';
import { addListMessages } from './messages/list-messages.ts';
import type { InboxCollaborators } from './messages/read-inbox.ts';
import { addDescribeApp } from './registration/describe-app.ts';
import { addIssueTicket } from './registration/issue-ticket.ts';
import type { RelayForDevices } from './registration/relay-for-devices.ts';
import { RequestLimit } from './request-limit.ts';
import { addCurrentSession } from './sessions/current-session.ts';
import { requireSession } from './sessions/require-session.ts';
import { addSignIn, type SignInCollaborators } from './sessions/sign-in.ts';
import { addSignOut } from './sessions/sign-out.ts';
import { addChangePreferences } from './subscriptions/change-preferences.ts';
import { addRenewSubscription } from './subscriptions/renew-subscription.ts';
import { addReportViewed } from './subscriptions/report-viewed.ts';
import { addSubscribe } from './subscriptions/subscribe.ts';
import { addUnsubscribe } from './subscriptions/unsubscribe.ts';

/** The largest request is a subscription with its sealed target. */
const bodyBytes = 16 * 1024;
/** What all devices of one mailbox may ask for together: more than people do, less than a program in a loop. */
const mailboxRate = { burst: 120, intervalMs: 500 };

export type DeviceApiOptions = SignInCollaborators &
  InboxCollaborators & {
    random: Random;
    relay: RelayForDevices;
    webApp: ProxyConfig['web_app'];
    source: Pick<MailboxSource, 'signIn' | 'needsPassword'>;
    subscriptions: Pick<
      Subscriptions,
      'subscribe' | 'opened' | 'viewed' | 'preferences' | 'unsubscribe' | 'endDevice' | 'list'
    >;
    /** An icon may have become due. */
    wakePublisher(): void;
    /** Web apps of other origins that may call. */
    allowedOrigins: readonly string[];
  };

export function createDeviceApi(options: DeviceApiOptions): DeviceApp {
  const { logger, random, clock, allowedOrigins } = options;
  const app: DeviceApp = createApiApp<DeviceEnv>({ logger, random, bodyBytes });
  if (allowedOrigins.length > 0) {
    // Without credentials: a web app of another origin has a bearer token, and never our cookie.
    app.use(
      cors({
        origin: [...allowedOrigins],
        allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
        allowHeaders: ['authorization', 'content-type', 'traceparent'],
        exposeHeaders: ['trace-id', 'retry-after'],
        maxAge: 3600,
      }),
    );
  }
  app.use('/v1/*', noStore);
  app.use('/v1/*', requireJson);
  addDescribeApp(app, options);
  addSignIn(app, options);

  // Everything below needs a session: an operation that is added here cannot forget it.
  const limit = new RequestLimit({
    clock,
    rate: mailboxRate,
    message: "too many requests from this mailbox's devices",
  });
  app.use('/v1/*', requireSession(options), limitMailbox(limit));
  addCurrentSession(app);
  addSignOut(app, options);
  addIssueTicket(app, options);
  addSubscribe(app, options);
  addRenewSubscription(app, options);
  addReportViewed(app, options);
  addChangePreferences(app, options);
  addUnsubscribe(app, options);
  addReportOpened(app, options);
  addShowIcon(app, options);
  addTestBadge(app, options);
  addListMessages(app, options);
  addListDevices(app, options);
  addRemoveDevice(app, options);

  serveApiDocument(app, deviceOpenApiDocument());
  return app;
}

/** Answers name mailboxes and devices, and sessions: nothing in between may keep them. */
const noStore = createMiddleware<DeviceEnv>(async (context, next) => {
  await next();
  context.res.headers.set('cache-control', 'no-store');
});

/** A body is JSON and says so; anything else could be sent by a form of a foreign page. */
const requireJson = createMiddleware<DeviceEnv>(async (context, next) => {
  const contentType = context.req.header('content-type');
  if (contentType !== undefined && !/^application\/json(\s*;|$)/i.test(contentType)) {
    throw new AppError('unsupported-media-type', 'the body is not of a media type that is taken here', {
      hint: 'send application/json',
    });
  }
  await next();
});

function limitMailbox(limit: RequestLimit) {
  return createMiddleware<DeviceEnv>(async (context, next) => {
    limit.take(context.get('session').mailboxId);
    await next();
  });
}
