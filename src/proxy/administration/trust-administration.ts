// What the `proxy trust` commands do, on the service's own database: set up, connect, tell how it stands. A running
// proxy notices the change by itself.

import type { Kysely } from 'kysely';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { openKeyFile, type Secret } from '../../runtime/secrets.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { downloadFromRelay } from '../trust/auth-servers/download.ts';
import { fetchRelayKeys } from '../trust/auth-servers/fetch-auth-server.ts';
import type { CertificateStore } from '../trust/certificates/certificate-store.ts';
import { type ConnectStep, connectTrust } from '../trust/connect.ts';
import { RelayAccess } from '../trust/relay-access.ts';
import { RelayClock } from '../trust/relay-clock.ts';
import { createRelayHttp } from '../trust/relay-http.ts';
import { parseRelayUrl } from '../trust/relay-metadata.ts';
import { inspectRelay, type SetUpRequest, type SetUpStep, setUpTrust } from '../trust/set-up.ts';
import { readTrustStatus, type TrustStatus } from '../trust/trust-status.ts';

export { keyKinds } from '../trust/certificates/certificate.ts';

export type TrustAdministration = {
  setUp(
    request: Omit<SetUpRequest, 'relayUrl'> & { relayUrl: string },
    report: (step: SetUpStep) => void,
  ): Promise<void>;
  connect(askForCode: () => Promise<Secret>, report: (step: ConnectStep) => void): Promise<void>;
  status(): Promise<TrustStatus>;
};

export function createTrustAdministration(
  config: ProxyConfig,
  { clock, random }: { clock: Clock; random: Random },
): TrustAdministration {
  const { timeout: timeoutMs, dangerously_allow_http: allowHttp } = config.relay;
  const { rsa_algorithm: rsaAlgorithm } = config.trust;

  /** Opens (and, the first time, makes) key file and database for one piece of work. */
  async function withStores<T>(
    work: (stores: {
      db: Kysely<ProxySchema>;
      certificates: CertificateStore;
      access: RelayAccess;
    }) => Promise<T>,
  ): Promise<T> {
    const secrets = openKeyFile(config.key_file, random);
    await using database = openDatabase<ProxySchema>(config.database, { clock });
    const { db } = database;
    await migrate(db, proxyMigrations);
    using http = createRelayHttp(config.relay, clock);
    using access = new RelayAccess({
      db,
      secrets,
      http,
      clock,
      random,
      logger: silentLogger,
      timeoutMs,
      rsaAlgorithm,
    });
    return await work({ db, certificates: access.certificates, access });
  }

  return {
    async setUp(request, report) {
      const relayUrl = parseRelayUrl(request.relayUrl, { allowHttp });
      using http = createRelayHttp(config.relay, clock);
      const relayClock = new RelayClock({ clock });
      const metadata = await inspectRelay(relayUrl, { http, clock, relayClock, timeoutMs });
      const download = (url: URL) => downloadFromRelay(url, { http, timeoutMs });
      const signingKeys = await fetchRelayKeys(relayUrl, { download, clock });
      await withStores(stores =>
        setUpTrust({ ...request, relayUrl }, { metadata, signingKeys }, { ...stores, clock, random, report }),
      );
    },
    async connect(askForCode, report) {
      using http = createRelayHttp(config.relay, clock);
      await withStores(stores =>
        connectTrust({ ...stores, http, clock, random, timeoutMs, askForCode, report }),
      );
    },
    async status() {
      return withStores(readTrustStatus);
    },
  };
}
