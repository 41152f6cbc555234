// What devices reach on the proxy's own listener, put together: their API and the web app.

import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import { describeError } from '../runtime/errors.ts';
import { clientAddress, trustedProxies } from '../runtime/http/client-address.ts';
import { fetchHandler, type RequestHandler } from '../runtime/http/listener.ts';
import { SessionCookie } from '../runtime/http/session-cookie.ts';
import { pagesFolder } from '../runtime/http/static-pages.ts';
import { strictTransport } from '../runtime/http/strict-transport.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import { createDeviceApi } from './api/device-api.ts';
import type { RelayForDevices } from './api/registration/relay-for-devices.ts';
import { CookieTokens } from './api/sessions/cookie-tokens.ts';
import { forgetUnusedPasswords } from './api/sessions/mailbox-account.ts';
import { Sessions } from './api/sessions/sessions.ts';
import { SignInThrottle } from './api/sessions/sign-in-throttle.ts';
import type { ProxyConfig } from './config.ts';
import type { ProxySchema } from './database/schema.ts';
import { mailboxNameRule } from './mailbox-source-of.ts';
import { canonicalMailboxName } from './mailboxes/mailbox-name.ts';
import type { MailboxSource } from './mailboxes/mailbox-source.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';
import type { InboxReader } from './unseen/inbox-reader.ts';
import { openWebAppPages } from './web-app-pages.ts';

const purgeEveryMs = 3_600_000;

export type DeviceServing = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  logger: Logger;
  secrets: SecretBox;
  source: MailboxSource;
  subscriptions: Subscriptions;
  inbox: InboxReader;
  relay: RelayForDevices;
  mailboxesChanged(): void;
  wakePublisher(): void;
};

export function serveDevices(
  config: ProxyConfig,
  parts: DeviceServing,
): Disposable & { handle: RequestHandler } {
  const { db, clock, random, logger } = parts;
  const sessions = new Sessions({ db, clock, random });
  const purge = async (): Promise<void> => {
    await sessions.purge();
    await forgetUnusedPasswords(db, clock.now());
  };
  const purging = purgeRegularly(purge, clock, logger);
  const trusted = trustedProxies(config.trusted_proxies);
  const nameRule = mailboxNameRule(config);
  const deviceApi = createDeviceApi({
    ...parts,
    sessions,
    cookieTokens: new CookieTokens(parts),
    cookie: new SessionCookie({ name: 'mailbadge', url: config.public_url }),
    publicOrigin: new URL(config.public_url).origin,
    webApp: config.web_app,
    throttle: new SignInThrottle({ clock }),
    canonicalName: signInName => canonicalMailboxName(signInName, nameRule),
    clientAddress: ({ incoming }) => clientAddress(incoming, trusted),
    allowedOrigins: config.allowed_origins,
  });
  const api = fetchHandler(deviceApi.fetch);
  const { enabled, name } = config.web_app;
  const pages = enabled
    ? openWebAppPages({ folder: pagesFolder('app'), name, relayUrl: () => parts.relay.url() })
    : undefined;
  const secured = strictTransport(config.public_url);
  return {
    handle: (request, response) => {
      response.setHeaders(secured);
      (pages?.has(request.url ?? '') ? pages.handle : api)(request, response);
    },
    [Symbol.dispose]: () => purging[Symbol.dispose](),
  };
}

function purgeRegularly(purge: () => Promise<void>, clock: Clock, logger: Logger): Disposable {
  const tick = (): void => {
    purge().catch(error => logger.error({ error: describeError(error) }, 'purging sessions failed'));
    timer = clock.after(purgeEveryMs, tick, { background: true });
  };
  let timer = clock.after(purgeEveryMs, tick, { background: true });
  return { [Symbol.dispose]: () => timer.cancel() };
}
