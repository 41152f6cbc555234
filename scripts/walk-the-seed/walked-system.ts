// What the walk stands on: a real Dovecot, a DNS server for the organization's domain, an APNs as strict as Apple's,
// and the files that a publisher and an administrator write. Relay and proxy run as processes of their own.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoApp, writeConfigurations } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { ApnsSimulator } from '../../src/simulators/apns/apns-simulator.ts';
import { createTestCertificate } from '../../src/simulators/certificate.ts';
import { type PushReceiver, SimulatedApp } from '../../src/simulators/simulated-app.ts';
import { WebPushSimulator } from '../../src/simulators/webpush/webpush-simulator.ts';
import { DnsServer } from '../../test/fixtures/dns-server.ts';
import { Dovecot, doveadmApiKey, dovecotPassword } from '../../test/fixtures/dovecot.ts';
import { ServiceProcess } from '../../test/fixtures/service-process.ts';
import { patiently, until } from '../../test/fixtures/until.ts';

export const organization = 'fabrikam.com';
export const anna = 'anna@fabrikam.com';

export type WalkedSystem = Awaited<ReturnType<typeof openWalkedSystem>>;

export async function openWalkedSystem(folder: string, parts: AsyncDisposableStack) {
  const clock = new SystemClock();
  const certificate = await createTestCertificate({ hosts: ['localhost', '127.0.0.1'] });
  const apns = parts.use(await ApnsSimulator.start({ clock, certificate }));
  const webPush = parts.use(await WebPushSimulator.start({ clock, certificate }));
  const dns = parts.use(await DnsServer.start());
  const socket = join(folder, 'dovecot.sock');
  const dovecot = parts.use(await Dovecot.start({ users: [anna], notify: { path: socket } }));
  const written = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const files = await writeConfigurations(
    {
      folder,
      source: {
        kind: 'dovecot',
        listen: { path: socket, mode: '0666' }, // each mailbox has a uid of its own here
        recount: {
          kind: 'doveadm',
          url: dovecot.doveadmUrl,
          password_file: written('doveadm-key', doveadmApiKey),
        },
        imap: { host: '127.0.0.1', port: dovecot.ports.imaps, ca_file: dovecot.certificateFile },
      },
      relay: { self_service_sign_up: true, dns_servers: [dns.address] },
      proxy: { test_mail: { via: { kind: 'lmtp', host: '127.0.0.1', port: dovecot.ports.lmtp } } },
    },
    { apns, webPush },
  );
  const relay = parts.use(
    new ServiceProcess({
      args: ['relay', 'serve', '--config', files.relayFile],
      healthUrl: `http://127.0.0.1:${files.relay.metrics.port}/health`,
    }),
  );
  const proxy = parts.use(
    new ServiceProcess({
      args: ['proxy', 'serve', '--config', files.proxyFile],
      healthUrl: `http://127.0.0.1:${files.proxy.metrics.port}/health`,
    }),
  );
  return { apns, dns, dovecot, relay, proxy, files };
}

/** Anna's phone: signs in and turns the badge on, then lies on its home screen and reports what it shows. */
export async function turnOnPhone({ apns, files }: WalkedSystem) {
  const device = apns.registerDevice({ topic: demoApp });
  const app = new SimulatedApp({
    proxyUrl: files.proxy.public_url,
    appId: demoApp,
    installationId: 'annas-phone',
    deviceName: 'Anna’s phone',
  });
  const receiver: PushReceiver = {
    target: { provider: 'apns', environment: device.environment, token: device.token },
    waitForCode: options => device.waitForCode(options),
  };
  const mailbox = await app.signIn(anna, dovecotPassword);
  const { iconId } = await app.turnOn(mailbox, receiver, patiently());
  await until('the mailbox was counted', () => device.badges.length > 0);
  return { device, report: () => app.open(mailbox, iconId, device.badge) };
}
