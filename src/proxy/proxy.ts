// The proxy, put together by hand: the stages of a badge's way in their order, its API for devices, its metrics.
// It refuses to start on what only an operator can mend (configuration, key file, database, a taken address). A mail
// server or a relay that is away is no reason: it keeps trying, and says so in its log and at /health.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrator.ts';
import { type Clock, SystemClock } from '../runtime/clock.ts';
import { AppError, describeError } from '../runtime/errors.ts';
import { HandlerToCome } from '../runtime/http/handler-to-come.ts';
import { fetchHandler, HttpListener, type ListenAddress } from '../runtime/http/listener.ts';
import type { Service } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { openKeyFile } from '../runtime/secrets.ts';
import { EphemeralKeys } from '../runtime/webpush/ephemeral-keys.ts';
import { createMetricsApp } from './api/health/metrics-app.ts';
import type { RelayForDevices } from './api/registration/relay-for-devices.ts';
import { passwordPurpose } from './api/sessions/mailbox-account.ts';
import type { ProxyConfig } from './config.ts';
import { createConsole } from './console/console.ts';
import { consoleHost } from './console/console-listener.ts';
import { Lease } from './database/lease.ts';
import { proxyMigrations } from './database/migrations.ts';
import type { ProxySchema } from './database/schema.ts';
import { ProxyEvents } from './events.ts';
import { mailboxNameRule, mailboxSourceOf } from './mailbox-source-of.ts';
import type { MailboxSource } from './mailboxes/mailbox-source.ts';
import { NodePresence } from './nodes/node-presence.ts';
import { createProber } from './probing.ts';
import { payloadEncryption } from './publisher/payload-encryption.ts';
import { Publisher } from './publisher/publisher.ts';
import { RelayClient } from './publisher/relay-client.ts';
import type { RelayPort } from './publisher/relay-port.ts';
import { serveDevices } from './serving-devices.ts';
import { forgetBadgesAfterGap } from './subscriptions/forget-badges.ts';
import { Subscriptions } from './subscriptions/subscriptions.ts';
import { AuthServerRefresh } from './trust/auth-servers/auth-server-refresh.ts';
import { openAuthServers } from './trust/auth-servers/open-auth-servers.ts';
import { CertificateStore } from './trust/certificates/certificate-store.ts';
import { ExpiryWatch } from './trust/expiry-watch.ts';
import { RelayAccess } from './trust/relay/relay-access.ts';
import { createRelayHttp } from './trust/relay/relay-http.ts';
import { CertificateRotation } from './trust/rotation.ts';
import { InboxReader } from './unseen/inbox-reader.ts';
import { NewestMessages } from './unseen/newest-messages.ts';
import { UnseenCounter } from './unseen/unseen-counter.ts';

export type ProxyOverrides = {
  clock?: Clock;
  random?: Random;
  logger?: Logger;
  fetch?: typeof fetch;
  /** In place of what the configuration names. */
  source?: MailboxSource;
  /** In place of the relay that the database names. */
  relay?: { port?: RelayPort; forDevices?: RelayForDevices };
};

export type Proxy = Service & {
  /** Rejects when another process has taken over. */
  readonly failed: Promise<never>;
  /** The ports that are really open, 0 for none; known once started. */
  readonly ports: { devices: number; metrics: number; console: number };
  readonly events: Pick<ProxyEvents, 'listen'>;
};

export function createProxy(config: ProxyConfig, overrides: ProxyOverrides = {}): Proxy {
  const clock = overrides.clock ?? new SystemClock();
  const random = overrides.random ?? systemRandom;
  const logger = overrides.logger ?? createLogger({ name: 'proxy', level: config.log_level });
  const metrics = createMetrics({ defaultMetrics: true });
  const events = new ProxyEvents({ logger, metrics });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // it is told whoever waits, and may be nobody
  const parts = new AsyncDisposableStack(); // disposed in reverse, the database last
  const listening = new AsyncDisposableStack(); // disposed before all parts: nobody calls what is gone
  const ports = { devices: 0, metrics: 0, console: 0 };

  async function start(): Promise<void> {
    const tls = config.tls === undefined ? undefined : readTls(config.tls);
    const secrets = openKeyFile(config.key_file, random);
    const database = parts.use(openDatabase<ProxySchema>(config.database, { clock, logger }));
    const { db } = database;
    await migrate(db, proxyMigrations);
    // Before the lease: whoever starts the same proxy twice is refused its addresses, and disturbs nobody.
    const handlers = await openListeners(tls);
    const source = parts.use(
      overrides.source ?? mailboxSourceOf(config, { fetch: overrides.fetch ?? fetch, clock, random, logger }),
    );
    await source.listen?.();
    const lease = new Lease({ db });
    await lease.take();

    const http = parts.use(createRelayHttp(config.relay, clock));
    const { timeout: timeoutMs, direct_trust: directTrust } = config.relay;
    const { rsa_algorithm: rsaAlgorithm } = config.trust;
    const access = parts.use(
      new RelayAccess({ db, secrets, http, clock, random, logger, timeoutMs, rsaAlgorithm, directTrust }),
    );
    const relayClient = new RelayClient({ http, credentials: access, timeoutMs });
    const newestMessages = new NewestMessages();
    const publisher = parts.use(
      new Publisher({
        db,
        lease,
        relay: overrides.relay?.port ?? relayClient,
        subscriptions: {
          targetGone: (...request) => subscriptions.targetGone(...request),
          iconsSettled: (...request) => subscriptions.iconsSettled(...request),
        },
        clock,
        random,
        events,
        newest: newestMessages,
        notifications: {
          encrypt: payloadEncryption({ random, ephemeralKeys: parts.use(new EphemeralKeys()) }),
          webAppUrl: `${config.public_url.replace(/\/$/, '')}/app/`,
        },
        onFailure: error => failure.reject(error),
      }),
    );
    const openPassword = (mailboxId: string, sealed: string) =>
      secrets.open(passwordPurpose(mailboxId), sealed);
    const unseenCounter = parts.use(
      new UnseenCounter({
        db,
        lease,
        source,
        clock,
        random,
        events,
        newest: newestMessages,
        recountEveryMs: config.mailboxes.recount_every,
        openPassword,
        applyCounts: (transaction, counted) => subscriptions.applyCounts(transaction, counted),
        countsApplied: () => publisher.wake(),
      }),
    );
    const mailboxesChanged = (): void => unseenCounter.subscriptionsChanged();
    const subscriptions = parts.use(
      new Subscriptions({
        db,
        clock,
        random,
        events,
        lifetimeMs: config.subscriptions.lifetime,
        perMailbox: config.subscriptions.per_mailbox,
        iconsChanged: () => publisher.wake(),
        mailboxesChanged,
      }),
    );

    await db.transaction().execute(async transaction => {
      await lease.assertHeld(transaction);
      await forgetBadgesAfterGap(transaction, { now: clock.now(), events });
    });
    await access.start();
    const authServers = openAuthServers(config.relay, { db, http, clock });
    parts.use(new AuthServerRefresh({ servers: authServers, clock, logger })).start();
    const { renew_before: renewBeforeMs } = config.trust;
    const rotation = parts.use(
      new CertificateRotation({ db, lease, access, clock, random, events, renewBeforeMs }),
    );
    rotation.start();
    await parts.use(new ExpiryWatch({ db, clock, events, tlsCertificate: tls?.cert })).start();
    subscriptions.start();
    await publisher.start();
    await unseenCounter.start();
    const node = hostname();
    const consoleUrl =
      handlers.console && `http://${consoleHost({ ...config.console, port: ports.console })}`;
    const presence = parts.use(
      new NodePresence({ db, clock, logger, name: node, processId: process.pid, consoleUrl }),
    );
    await presence.start();
    const wakePublisher = (): void => publisher.wake();
    const probing = { db, clock, random, logger, events, access, authServers, http, node, wakePublisher };
    const prober = parts.use(createProber(config, probing));
    await prober.start();
    const follow = async (): Promise<void> => {
      await db.transaction().execute(transaction => lease.assertHeld(transaction));
      await access.reload();
      await rotation.wake();
      mailboxesChanged();
      publisher.wake();
      prober.wake();
    };
    parts.use(
      database.onForeignChange(() => {
        follow().catch(error => {
          if (error instanceof AppError && error.code === 'proxy-taken-over') failure.reject(error);
          else logger.error({ error: describeError(error) }, 'what another process changed was not read');
        });
      }),
    );

    const inbox = new InboxReader({ db, source, openPassword });
    const relay = overrides.relay?.forDevices ?? relayForDevices(access);
    const devices = parts.use(
      serveDevices(config, {
        db,
        clock,
        random,
        logger,
        secrets,
        source,
        subscriptions,
        inbox,
        relay,
        mailboxesChanged,
        wakePublisher,
      }),
    );
    const health = {
      db,
      databaseFailure: () => database.failure,
      clock,
      authorize: () => access.authorize(),
      lastBatchFailure: () => relayClient.lastFailure,
    };
    const metricsApp = createMetricsApp({ ...health, metrics, logger, random });
    const adminConsole = parts.use(
      createConsole(
        { host: config.console.host, port: ports.console },
        {
          ...health,
          random,
          logger,
          events,
          subscriptions,
          access,
          certificates: new CertificateStore({ db, secrets, clock }),
          nameRule: mailboxNameRule(config),
          sourceName: source.name,
          publicUrl: config.public_url,
          hostName: node,
          allowHttp: config.relay.dangerously_allow_http,
          follow,
        },
      ),
    );
    handlers.devices.come(devices.handle);
    handlers.metrics.come(fetchHandler(metricsApp.fetch));
    handlers.console?.come(adminConsole.handle);
    logger.info({ ...ports, source: source.name, publicUrl: config.public_url }, 'the proxy is running');
  }

  /** Requests wait for their handlers. */
  async function openListeners(tls: ReturnType<typeof readTls> | undefined) {
    const open = async (address: ListenAddress, options: { tls?: ReturnType<typeof readTls> } = {}) => {
      const handler = new HandlerToCome();
      const { port } = listening.use(await HttpListener.open(address, handler.handle, { clock, ...options }));
      listening.use(handler);
      return { port, handler };
    };
    const devices = await open(config.listen, tls === undefined ? {} : { tls });
    const metrics = await open(config.metrics);
    const adminConsole = config.console.enabled ? await open(config.console) : undefined;
    Object.assign(ports, { devices: devices.port, metrics: metrics.port, console: adminConsole?.port ?? 0 });
    return { devices: devices.handler, metrics: metrics.handler, console: adminConsole?.handler };
  }

  return {
    start,
    failed: failure.promise,
    ports,
    events,
    async [Symbol.asyncDispose]() {
      await using _parts = parts;
      await listening.disposeAsync();
    },
  };
}

function relayForDevices({ trust, tickets, describeTarget }: RelayAccess): RelayForDevices {
  return {
    url: () => (trust.state.kind === 'connected' ? trust.state.connection.pin.relayUrl : undefined),
    apps: () => (trust.state.kind === 'connected' ? trust.state.connection.pin.metadata.apps : undefined),
    signTicket: request => tickets.sign(request),
    describeTarget,
  };
}

function readTls(files: NonNullable<ProxyConfig['tls']>): { cert: string; key: string } {
  try {
    return {
      cert: readFileSync(files.certificate_file, 'utf8'),
      key: readFileSync(files.key_file, 'utf8'),
    };
  } catch (cause) {
    throw new AppError('config-invalid', `tls: ${describeError(cause)}`, {
      hint: 'certificate and key must be PEM files that the service user can read',
      cause,
    });
  }
}
