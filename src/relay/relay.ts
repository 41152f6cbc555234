// The relay, put together: the one place that knows every stage, and owns their lifetime. What cannot work at all
// fails at start with a message that says what to mend; an app that cannot work is reported, and the others run.

import { type OpenDatabase, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrator.ts';
import { type Clock, SystemClock, type Timer } from '../runtime/clock.ts';
import type { EgressNetwork } from '../runtime/egress/egress.ts';
import { describeError } from '../runtime/errors.ts';
import { clientAddress, trustedProxies } from '../runtime/http/client-address.ts';
import { fetchHandler, HttpListener } from '../runtime/http/listener.ts';
import type { Service } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { openKeyFile } from '../runtime/secrets.ts';
import { openAdministering } from './administering.ts';
import { purgeSessions } from './administrators/sessions.ts';
import { addAuthorizeDevice } from './api/authorize-device.ts';
import { addDescribeRealm } from './api/describe-realm.ts';
import { addDescribeRelay } from './api/describe-relay.ts';
import { addEnrolApplication } from './api/enrol-application.ts';
import { createMetricsApp } from './api/metrics-app.ts';
import { addOwnCredentials } from './api/own-credentials.ts';
import { createRelayApi } from './api/relay-api.ts';
import { addReportHealth } from './api/report-health.ts';
import { type OpenedApps, openAppProviders } from './app-providers.ts';
import type { RelayConfig } from './config.ts';
import { readConfiguredFile } from './configured-file.ts';
import { relayMigrations } from './database/migrations.ts';
import type { RelaySchema } from './database/schema.ts';
import { RelayEvents } from './events.ts';
import { NodePresence } from './nodes/node-presence.ts';
import { AccessTokenVerifier } from './oauth/access-token.ts';
import { AuthorizationServer } from './oauth/authorization-server.ts';
import { purgeDeviceAuthorizations } from './oauth/device-flow/device-authorizations.ts';
import { publishAudience } from './oauth/metadata.ts';
import { CredentialIndex, findStandingIn } from './organizations/credential-index.ts';
import { CredentialUses } from './organizations/credential-uses.ts';
import { type LookUpTxt, txtLookup } from './organizations/domain-proof.ts';
import { DomainWatch } from './organizations/domain-watch.ts';
import { purgeSignUps } from './organizations/sign-up.ts';
import { purgeUsedIdentifiers } from './organizations/used-identifiers.ts';
import { publicHandler } from './public-handler.ts';
import { openPublishing } from './publishing.ts';
import { ServiceKeys } from './service-keys.ts';

export type RelayOverrides = {
  clock?: Clock;
  random?: Random;
  logger?: Logger;
  /** In place of the configured ones. */
  apps?: OpenedApps;
  /** In place of the configured name servers. */
  lookUpTxt?: LookUpTxt;
  /** In place of the machine's own look-ups and connections to push services. What may be reached stays the rule's. */
  pushNetwork?: EgressNetwork;
};

export type Relay = Service & {
  /** The ports that are open; only once started. */
  readonly ports: { public: number; metrics: number };
  readonly events: RelayEvents;
  /** Signs access tokens with a new key from now on; those already issued stay good. */
  rotateSigningKey(): Promise<void>;
};

const purgeEveryMs = 60_000;

export function createRelay(config: RelayConfig, overrides: RelayOverrides = {}): Relay {
  const clock = overrides.clock ?? new SystemClock();
  const random = overrides.random ?? systemRandom;
  const logger = overrides.logger ?? createLogger({ name: 'relay', level: config.log_level });
  const metrics = createMetrics({ defaultMetrics: true });
  const events = new RelayEvents({ logger, metrics });
  const resources = new AsyncDisposableStack();
  let started: { ports: Relay['ports']; authorizationServer: AuthorizationServer } | undefined;

  async function start(): Promise<void> {
    const { issuer } = config;
    warnOfDangers(config, logger);
    const box = openKeyFile(config.key_file, random);
    const database = resources.use(openDatabase<RelaySchema>(config.database, { clock, logger }));
    const { db } = database;
    await migrate(db, relayMigrations);
    resources.use(await NodePresence.open({ db, events, clock, logger }));
    const keys = await ServiceKeys.open({ db, box, clock, random });
    const apps = resources.use(
      overrides.apps ??
        (await openAppProviders(config, {
          keys,
          clock,
          random,
          logger,
          events,
          pushNetwork: overrides.pushNetwork ?? {},
        })),
    );

    const audience = publishAudience(issuer);
    const { minimum_proxy_version: minimumProxyVersion } = config;
    const trusted = trustedProxies(config.trusted_proxies);
    const uses = new CredentialUses({ db, clock });
    const authorizationServer = await AuthorizationServer.open({
      issuer,
      audience,
      accessTokenLifetimeMs: config.access_token_lifetime,
      minimumProxyVersion,
      db,
      keys,
      uses,
      addressOf: request => clientAddress(request, trusted),
      clock,
      random,
      logger,
      events,
    });
    const credentials = new CredentialIndex({ find: findStandingIn(db), clock });
    const jwks = () => authorizationServer.jwks;
    const tokens = new AccessTokenVerifier({ issuer, audience, jwks, credentials, clock });

    const publishing = await openPublishing(config, {
      db,
      keys,
      apps: apps.providers,
      events,
      clock,
      random,
    });
    const api = createRelayApi({
      logger,
      random,
      minimumProxyVersion,
      callers: { tokens, uses, trusted },
      operations: [
        app =>
          addDescribeRelay(app, {
            issuer,
            minimumProxyVersion,
            apps: apps.described,
            approvals: config.console.enabled,
            jwks,
            clock,
          }),
        app => addDescribeRealm(app, { db, issuer, certificates: () => authorizationServer.certificates }),
        app => addAuthorizeDevice(app, { db, issuer, minimumProxyVersion, clock, random, trusted, events }),
        app => addEnrolApplication(app, { db, issuer, clock, trusted, events }),
        app => addOwnCredentials(app, { db, issuer, clock, trusted, events }),
        ...publishing.operations,
        app => addReportHealth(app, database),
      ],
    });

    const changed = async (): Promise<void> => {
      credentials.invalidate();
      publishing.invalidate();
      await keys.reload();
      await authorizationServer.reload();
      await publishing.reload();
    };
    onForeignChange(database, changed);
    keepPurging(database);
    const lookUpTxt = overrides.lookUpTxt ?? txtLookup({ servers: config.dns_servers });
    resources
      .use(new DomainWatch({ db, lookUpTxt, events, clock, random, graceMs: config.domain_grace }))
      .start();

    const administering = resources.use(
      openAdministering({
        db,
        config,
        box,
        apps,
        lookUpTxt,
        trusted,
        events,
        clock,
        random,
        logger,
        changed,
      }),
    );

    const publicListener = resources.use(
      await HttpListener.open(
        config.listen,
        publicHandler({
          issuer,
          token: authorizationServer.handler,
          api: fetchHandler(api.fetch),
          console: administering.console,
        }),
        { clock, ...tlsOptions(config) },
      ),
    );
    const metricsListener = resources.use(
      await HttpListener.open(
        config.metrics,
        fetchHandler(createMetricsApp({ database, metrics, logger, random }).fetch),
        { clock },
      ),
    );
    started = {
      ports: { public: publicListener.port, metrics: metricsListener.port },
      authorizationServer,
    };
    logger.info({ issuer, ...started.ports, apps: config.apps.length }, 'the relay is ready');
  }

  function onForeignChange(database: OpenDatabase<RelaySchema>, react: () => Promise<void>): void {
    resources.use(
      database.onForeignChange(() => {
        react().catch((error: unknown) => {
          logger.error({ error: describeError(error) }, 'a change by another process could not be taken up');
        });
      }),
    );
  }

  function keepPurging({ db }: OpenDatabase<RelaySchema>): void {
    let timer: Timer;
    const purge = (): void => {
      const now = clock.now();
      Promise.all([
        purgeUsedIdentifiers(db, now),
        purgeDeviceAuthorizations(db, now),
        purgeSessions(db, now),
        purgeSignUps(db, now),
      ]).catch((error: unknown) => {
        logger.error({ error: describeError(error) }, 'what has expired could not be purged');
      });
      timer = clock.after(purgeEveryMs, purge, { background: true });
    };
    purge();
    resources.defer(() => timer.cancel());
  }

  function running() {
    if (started === undefined) throw new Error('the relay was not started');
    return started;
  }

  return {
    start,
    events,
    get ports() {
      return running().ports;
    },
    rotateSigningKey: () => running().authorizationServer.rotateSigningKey(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function warnOfDangers(config: RelayConfig, logger: Logger): void {
  if (config.dangerously_allow_http) {
    logger.warn({}, 'dangerously_allow_http is set: tokens may travel in the clear');
  }
  if (config.dangerously_allow_push_hosts.length > 0) {
    const hosts = config.dangerously_allow_push_hosts;
    logger.warn(
      { hosts },
      'dangerously_allow_push_hosts is set: devices may make this relay call private addresses',
    );
  }
}

function tlsOptions({ tls }: RelayConfig) {
  if (tls === undefined) return {};
  return {
    tls: {
      cert: readConfiguredFile(tls.certificate_file, 'tls.certificate_file'),
      key: readConfiguredFile(tls.key_file, 'tls.key_file'),
    },
  };
}
