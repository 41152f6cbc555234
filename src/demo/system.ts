// The whole of Mailbadge on one machine: the simulators of APNs and of a Web Push service, a relay, a proxy, and the
// trust between them set up by the same commands that an administrator types. The demo, the end-to-end tests and the
// benches all stand on it, so that none of them shows a system that nobody else runs.

import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { stringify as toYaml } from 'yaml';
import { parseProxyConfig } from '../proxy/config.ts';
import type { MailboxSource } from '../proxy/mailboxes/mailbox-source.ts';
import { createProxy, type Proxy as MailProxy } from '../proxy/proxy.ts';
import { parseRelayConfig } from '../relay/config.ts';
import { createRelay, type Relay } from '../relay/relay.ts';
import { type Clock, SystemClock } from '../runtime/clock.ts';
import type { EgressNetwork } from '../runtime/egress/egress.ts';
import { AppError } from '../runtime/errors.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { ApnsSimulator } from '../simulators/apns/apns-simulator.ts';
import { createTestCertificate } from '../simulators/certificate.ts';
import type { FcmSimulator } from '../simulators/fcm/fcm-simulator.ts';
import { WebPushSimulator } from '../simulators/webpush/webpush-simulator.ts';
import { freePorts } from './free-ports.ts';

export const demoOrganization = 'fabrikam.com';
export const demoApp = 'com.fabrikam.mail';

export type SystemOptions = {
  /** Empty and private: databases, key files, configurations. */
  folder: string;
  /** `mailboxes.source` of the proxy's configuration, or a source of the caller's. */
  source: Record<string, unknown> | MailboxSource;
  /** More of the proxy's configuration. */
  proxy?: Record<string, unknown>;
  /** More of the relay's configuration. */
  relay?: Record<string, unknown>;
  proxyLogger?: Logger;
  relayLogger?: Logger;
  /** Of all parts that run in this process. */
  clock?: Clock;
  /** How the relay reaches push services. */
  pushNetwork?: EgressNetwork;
  /** With it the app is on Android, too; disposed by whoever made it. */
  fcm?: FcmSimulator;
};

export type System = AsyncDisposable & {
  apns: ApnsSimulator;
  webPush: WebPushSimulator;
  relay: Relay;
  proxy: MailProxy;
  relayUrl: string;
  proxyUrl: string;
  /** Files that the commands take as --config. */
  relayConfigFile: string;
  proxyConfigFile: string;
  /** Runs a command of ours as a process of its own; answers its stdout. */
  run(...parameters: string[]): Promise<string>;
};

export async function startSystem(options: SystemOptions): Promise<System> {
  await using parts = new AsyncDisposableStack();
  const clock: Clock = options.clock ?? new SystemClock();
  const certificate = await createTestCertificate({ hosts: ['localhost', '127.0.0.1'] });
  const [port = 0, sandboxPort = 0] = await freePorts(2); // whoever takes APNs away can bring it back where it was
  const apns = parts.use(await ApnsSimulator.start({ clock, certificate, port, sandboxPort }));
  const webPush = parts.use(await WebPushSimulator.start({ clock, certificate }));

  const files = await writeConfigurations(options, { apns, webPush });
  const relay = parts.use(
    createRelay(parseRelayConfig(files.relay), {
      clock,
      logger: options.relayLogger ?? createLogger({ name: 'relay', level: 'error' }),
      ...(options.pushNetwork === undefined ? {} : { pushNetwork: options.pushNetwork }),
    }),
  );
  await relay.start();
  await connectTrust(files, options.folder);

  const proxy = parts.use(
    createProxy(parseProxyConfig(files.proxy), {
      clock,
      logger: options.proxyLogger ?? createLogger({ name: 'proxy', level: 'error' }),
      ...(isSource(options.source) ? { source: options.source } : {}),
    }),
  );
  await proxy.start();

  const owned = parts.move();
  return {
    apns,
    webPush,
    relay,
    proxy,
    relayUrl: files.relay.issuer,
    proxyUrl: files.proxy.public_url,
    relayConfigFile: files.relayFile,
    proxyConfigFile: files.proxyFile,
    run: runCommand,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Simulators = { apns: ApnsSimulator; webPush: WebPushSimulator };
type Configurations = Awaited<ReturnType<typeof writeConfigurations>>;

/** Writes what the commands and the services read. Ports are fixed here, since the issuer names one. */
export async function writeConfigurations(
  { folder, source, proxy = {}, relay = {}, fcm }: SystemOptions,
  { apns, webPush }: Simulators,
) {
  const [relayPort, relayMetrics, proxyPort, proxyMetrics] = await freePorts(4);
  const caFile = writePrivate(join(folder, 'simulators-ca.pem'), apns.certificate.caPem);
  const keyFile = writePrivate(join(folder, 'apns.p8'), apns.signingKey.privateKeyPem);
  const relayConfig = {
    issuer: `http://localhost:${relayPort}`,
    listen: { host: '127.0.0.1', port: relayPort },
    metrics: { host: '127.0.0.1', port: relayMetrics },
    database: { path: join(folder, 'relay.db') },
    key_file: join(folder, 'relay.key'),
    dangerously_allow_http: true,
    dangerously_allow_push_hosts: [webPush.hostAndPort],
    apps: [
      {
        id: demoApp,
        apns: {
          team_id: apns.signingKey.teamId,
          key_id: apns.signingKey.keyId,
          key_file: keyFile,
          topic: demoApp,
          production_url: apns.productionUrl,
          sandbox_url: apns.sandboxUrl,
          ca_file: caFile,
        },
        ...(fcm === undefined ? {} : { fcm: fcmOf(fcm, folder) }),
        web_push: { subject: `mailto:push@${demoOrganization}`, ca_file: caFile },
      },
    ],
    ...relay,
  };
  const proxyConfig = {
    database: { path: join(folder, 'proxy.db') },
    key_file: join(folder, 'proxy.key'),
    listen: { host: '127.0.0.1', port: proxyPort },
    metrics: { host: '127.0.0.1', port: proxyMetrics },
    public_url: `http://localhost:${proxyPort}`,
    relay: { dangerously_allow_http: true },
    mailboxes: isSource(source) ? {} : { source },
    ...proxy,
  };
  return {
    relay: relayConfig,
    proxy: proxyConfig,
    relayFile: writePrivate(join(folder, 'relay.yaml'), toYaml(relayConfig)),
    proxyFile: writePrivate(join(folder, 'proxy.yaml'), toYaml(proxyConfig)),
  };
}

function fcmOf(fcm: FcmSimulator, folder: string) {
  return {
    project_id: fcm.projectId,
    service_account_file: writePrivate(
      join(folder, 'service-account.json'),
      JSON.stringify(fcm.serviceAccountKey),
    ),
    url: fcm.url,
    ca_file: writePrivate(join(folder, 'fcm-ca.pem'), fcm.certificate.caPem),
  };
}

/** The administrator's commands: the relay's operator adds the organization, its administrator connects to it and enables. */
export async function connectTrust(files: Configurations, folder: string): Promise<void> {
  const added = await runCommand(
    'relay',
    'organization',
    'add',
    demoOrganization,
    '--config',
    files.relayFile,
    '--json',
  );
  const { enrolmentCode } = JSON.parse(added) as { enrolmentCode: string };
  const codeFile = writePrivate(join(folder, 'enrolment-code'), enrolmentCode);
  const { issuer } = files.relay;
  await runCommand(
    'proxy',
    'trust',
    'set-up',
    '--organization',
    demoOrganization,
    '--relay',
    issuer,
    '--config',
    files.proxyFile,
  );
  await runCommand('proxy', 'trust', 'connect', '--code-file', codeFile, '--config', files.proxyFile);
  await runCommand('proxy', 'enable', '--organization', demoOrganization, '--config', files.proxyFile);
}

function isSource(source: SystemOptions['source']): source is MailboxSource {
  return 'signIn' in source && typeof source.signIn === 'function';
}

function writePrivate(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

export function runCommand(...parameters: string[]): Promise<string> {
  // as source in a checkout, as JavaScript once built
  const main = fileURLToPath(
    new URL(`../cli/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  );
  return new Promise((resolve, reject) => {
    execFile(execPath, [main, ...parameters], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      reject(
        new AppError(
          'internal-error',
          `mailbadge ${parameters.slice(0, 3).join(' ')} failed: ${stderr.trim() || error.message}`,
          {
            cause: error,
          },
        ),
      );
    });
  });
}
