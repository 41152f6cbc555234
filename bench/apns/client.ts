// One client for bench/apns.ts, in a process of its own: pushes badges with a fixed number in flight, and prints what
// it took. Nothing is sent again by this loop: a push that its client gives up is lost.

import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import apn from '@parse/node-apn';
import { ApnsAccounts } from '../../src/relay/providers/apns/accounts.ts';
import { createApnsProvider } from '../../src/relay/providers/apns/apns.ts';
import { FcmAccounts } from '../../src/relay/providers/fcm/accounts.ts';
import { createFcmProvider } from '../../src/relay/providers/fcm/fcm.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { FcmSimulator } from '../../src/simulators/fcm/fcm-simulator.ts';
import {
  benchDeviceToken,
  benchFcmToken,
  benchProject,
  benchSigningKey,
  benchTopic,
  type ClientResult,
  type ClientTask,
} from './setting.ts';

type Client = { push(badge: number): Promise<boolean>; close(): Promise<void> };

const task = JSON.parse(process.argv[2] ?? '') as ClientTask;
const clients = { mailbadge: mailbadgeClient, 'mailbadge-fcm': fcmClient, 'node-apn': nodeApnClient };
const client = await clients[task.client](task);

await run(1); // alone: APNs allows one stream before the first valid token, and node-apn does not wait for that
await run(task.warmUp);
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const accepted = await run(task.count);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const result: ClientResult = {
  accepted,
  lost: task.count - accepted,
  seconds,
  cpuSeconds: (user + system) / 1e6,
};
console.log(JSON.stringify(result));
await client.close();

async function run(count: number): Promise<number> {
  let started = 0;
  let accepted = 0;
  const worker = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      if (await client.push(started)) accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, task.inFlight) }, worker));
  return accepted;
}

function mailbadgeClient({ port, directory }: ClientTask): Client {
  const clock = new SystemClock();
  const accounts = new ApnsAccounts({ clock, random: systemRandom, logger: silentLogger });
  const url = `https://localhost:${port}`;
  const provider = createApnsProvider(
    {
      team_id: benchSigningKey.teamId,
      key_id: benchSigningKey.keyId,
      key_file: join(directory, 'key.p8'),
      ca_file: join(directory, 'ca.pem'),
      topic: benchTopic,
      preview_alert: 'New mail',
      production_url: url,
      sandbox_url: url,
    },
    { accounts, clock },
  );
  return {
    async push(badge) {
      const now = clock.now();
      const answer = await provider.deliver({
        id: randomUUID(),
        traceId: '0'.repeat(32),
        target: { provider: 'apns', environment: 'production', token: benchDeviceToken },
        badge,
        collapseKey: 'icon',
        expiresAt: now + 3_600_000,
        presentation: 'badge',
        notAfter: now + 5000,
      });
      return answer.kind === 'accepted';
    },
    close: () => accounts[Symbol.asyncDispose](),
  };
}

/** Its access token comes from the simulator's token endpoint, in this process, before anything is measured. */
async function fcmClient({ port, directory }: ClientTask): Promise<Client> {
  const clock = new SystemClock();
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const certificate = { caPem: read('ca.pem'), certPem: read('cert.pem'), keyPem: read('server.key') };
  const simulator = await FcmSimulator.start({ clock, certificate, projectId: benchProject });
  const keyFile = join(directory, 'service-account.json');
  writeFileSync(keyFile, JSON.stringify(simulator.serviceAccountKey));
  const accounts = new FcmAccounts({ clock, random: systemRandom, logger: silentLogger });
  const provider = createFcmProvider(
    {
      project_id: benchProject,
      service_account_file: keyFile,
      ca_file: join(directory, 'ca.pem'),
      url: `https://localhost:${port}`,
    },
    { accounts, clock },
  );
  return {
    async push(badge) {
      const now = clock.now();
      const answer = await provider.deliver({
        id: randomUUID(),
        traceId: '0'.repeat(32),
        target: { provider: 'fcm', token: benchFcmToken },
        badge,
        rev: badge,
        collapseKey: 'icon',
        expiresAt: now + 3_600_000,
        presentation: 'badge',
        notAfter: now + 5000,
      });
      return answer.kind === 'accepted';
    },
    async close() {
      await accounts[Symbol.asyncDispose]();
      await simulator[Symbol.asyncDispose]();
    },
  };
}

function nodeApnClient({ port, directory }: ClientTask): Client {
  const provider = new apn.Provider({
    token: { key: join(directory, 'key.p8'), ...benchSigningKey },
    address: 'localhost',
    port,
    ca: [readFileSync(join(directory, 'ca.pem'))],
  });
  return {
    async push(badge) {
      const notification = Object.assign(new apn.Notification(), {
        id: randomUUID(),
        topic: benchTopic,
        pushType: 'alert',
        priority: 10,
        collapseId: 'icon',
        expiry: Math.floor(Date.now() / 1000) + 3600,
        badge,
      });
      const { sent } = await provider.send(notification, benchDeviceToken);
      return sent.length === 1;
    },
    async close() {
      process.exit(); // its heartbeat keeps the process alive
    },
  };
}
