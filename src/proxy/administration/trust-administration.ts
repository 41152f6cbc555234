// What the `proxy trust` commands do, on the service's own database: set up, connect, tell how it stands. A running
// proxy notices the change by itself.

import { existsSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import type { HttpClient } from '../../runtime/http/http-client.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { downloadFromRelay } from '../trust/auth-servers/download.ts';
import { fetchRelayKeys } from '../trust/auth-servers/fetch-auth-server.ts';
import {
  type ConnectRequest,
  type ConnectStep,
  certificateMissing,
  connectTrust,
} from '../trust/enrolment/connect.ts';
import { checkPrerequisites, checkWritable } from '../trust/prerequisites.ts';
import { RelayClock } from '../trust/relay/relay-clock.ts';
import { createRelayHttp } from '../trust/relay/relay-http.ts';
import { parseRelayUrl } from '../trust/relay/relay-metadata.ts';
import { inspectRelay, type SetUpRequest, type SetUpStep, setUpTrust } from '../trust/set-up.ts';
import { readTrustStatus, type TrustStatus } from '../trust/trust-status.ts';
import { type CertificateFile, importCertificate } from './certificate-file.ts';
import { readNamedCertificate } from './named-certificate.ts';
import { type TrustStores, withTrustStores } from './trust-stores.ts';
import { type VersionSkew, versionSkews } from './version-skew.ts';

export { keyKinds, lifetimes } from '../trust/certificates/certificate.ts';

const serviceUser = 'its folder must exist and be writable; run the command as the service user';
const nameAnother = 'name a writable place with --export-to';

export type TrustAdministration = {
  setUp(
    request: Omit<SetUpRequest, 'relayUrl' | 'imported'> & {
      relayUrl: string;
      importFrom: CertificateFile | undefined;
    },
    report: (step: SetUpStep) => void,
  ): Promise<void>;
  connect(
    request: Omit<ConnectRequest, 'certificate'> & { certificateFile: string | undefined },
    report: (step: ConnectStep) => void,
  ): Promise<void>;
  status(): Promise<TrustStatus & { versionSkews: VersionSkew[] }>;
};

export function createTrustAdministration(
  config: ProxyConfig,
  { clock, random }: { clock: Clock; random: Random },
): TrustAdministration {
  const { timeout: timeoutMs, dangerously_allow_http: allowHttp } = config.relay;
  const withStores = <T>(work: (stores: TrustStores) => Promise<T>): Promise<T> =>
    withTrustStores(config, { clock, random }, work);

  /** Who it is, whether our clocks agree, and what its tokens are signed with. */
  async function findRelay(relayUrl: URL, http: HttpClient) {
    const relayClock = new RelayClock({ clock });
    const metadata = await inspectRelay(relayUrl, { http, clock, relayClock, timeoutMs });
    const download = (url: URL) => downloadFromRelay(url, { http, timeoutMs });
    return { metadata, signingKeys: await fetchRelayKeys(relayUrl, { download, clock }) };
  }

  return {
    async setUp(request, report) {
      const relayUrl = parseRelayUrl(request.relayUrl, { allowHttp });
      const { importFrom } = request;
      const imported =
        importFrom === undefined ? undefined : await importCertificate(importFrom, { now: clock.now() });
      using http = createRelayHttp(config.relay, clock);
      const [relay] = await checkPrerequisites([
        () => findRelay(relayUrl, http),
        () => checkWritable(config.database.path, { hint: serviceUser }),
        () => checkWritable(config.key_file, { hint: serviceUser }),
        () => checkWritable(request.exportTo, { makesFolders: true, hint: nameAnother }),
      ]);
      await withStores(stores =>
        setUpTrust({ ...request, relayUrl, imported }, relay, { ...stores, clock, random, report }),
      );
    },
    async connect({ certificateFile, ...request }, report) {
      const certificate = certificateFile === undefined ? undefined : readNamedCertificate(certificateFile);
      if (!existsSync(config.database.path)) throw certificateMissing(); // and none is made in passing
      using http = createRelayHttp(config.relay, clock);
      await withStores(stores =>
        connectTrust({ ...request, certificate }, { ...stores, http, clock, random, timeoutMs, report }),
      );
    },
    async status() {
      return withStores(async stores => ({
        ...(await readTrustStatus(stores)),
        versionSkews: await versionSkews(stores.db, clock),
      }));
    },
  };
}
