// What the `proxy trust` commands do, on the service's own database: set up, connect, tell how it stands. A running
// proxy notices the change by itself.

import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Secret } from '../../runtime/secrets.ts';
import type { ProxyConfig } from '../config.ts';
import { downloadFromRelay } from '../trust/auth-servers/download.ts';
import { fetchRelayKeys } from '../trust/auth-servers/fetch-auth-server.ts';
import { type ConnectStep, connectTrust } from '../trust/connect.ts';
import { RelayClock } from '../trust/relay-clock.ts';
import { createRelayHttp } from '../trust/relay-http.ts';
import { parseRelayUrl } from '../trust/relay-metadata.ts';
import { inspectRelay, type SetUpRequest, type SetUpStep, setUpTrust } from '../trust/set-up.ts';
import { readTrustStatus, type TrustStatus } from '../trust/trust-status.ts';
import { type CertificateFile, importCertificate } from './certificate-file.ts';
import { type TrustStores, withTrustStores } from './trust-stores.ts';

export { keyKinds, lifetimes } from '../trust/certificates/certificate.ts';

export type TrustAdministration = {
  setUp(
    request: Omit<SetUpRequest, 'relayUrl' | 'imported'> & {
      relayUrl: string;
      importFrom: CertificateFile | undefined;
    },
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
  const withStores = <T>(work: (stores: TrustStores) => Promise<T>): Promise<T> =>
    withTrustStores(config, { clock, random }, work);

  return {
    async setUp(request, report) {
      const relayUrl = parseRelayUrl(request.relayUrl, { allowHttp });
      const { importFrom } = request;
      const imported =
        importFrom === undefined ? undefined : await importCertificate(importFrom, { now: clock.now() });
      using http = createRelayHttp(config.relay, clock);
      const relayClock = new RelayClock({ clock });
      const metadata = await inspectRelay(relayUrl, { http, clock, relayClock, timeoutMs });
      const download = (url: URL) => downloadFromRelay(url, { http, timeoutMs });
      const signingKeys = await fetchRelayKeys(relayUrl, { download, clock });
      await withStores(stores =>
        setUpTrust(
          { ...request, relayUrl, imported },
          { metadata, signingKeys },
          { ...stores, clock, random, report },
        ),
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
