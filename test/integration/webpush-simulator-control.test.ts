// The simulated push service as a program of its own: `mailbadge simulate webpush`, driven over its control API by a
// sender that is not ours.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import webPush from 'web-push';
import { z } from 'zod';

const readySchema = z.object({ origin: z.url(), control: z.url(), ca_file: z.string() });
const deviceSchema = z.object({
  id: z.string(),
  endpoint: z.url(),
  keys: z.object({ p256dh: z.string(), auth: z.string() }),
  gone: z.boolean(),
  online: z.boolean(),
  badge: z.number(),
  storedCount: z.number(),
});

const vapid = webPush.generateVAPIDKeys();
const folder = mkdtempSync(join(tmpdir(), 'mailbadge-'));
let process_: ChildProcess;
let ready: z.infer<typeof readySchema>;

before(async () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const caFile = join(folder, 'ca.pem');
  const parameters = [
    'simulate',
    'webpush',
    '--port',
    '0',
    '--control-port',
    '0',
    '--ca-file',
    caFile,
    '--json',
  ];
  process_ = spawn(process.execPath, [main, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(process_.stdout);
  const lines: string[] = [];
  for await (const line of createInterface(process_.stdout)) {
    lines.push(line);
    if (line === '}') break;
  }
  ready = readySchema.parse(JSON.parse(lines.join('')));
});
after(async () => {
  if (process_.exitCode === null) {
    process_.kill('SIGTERM');
    await once(process_, 'exit');
  }
  rmSync(folder, { recursive: true });
});

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(`${ready.control}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

test('subscribe, push, look, go offline, break, unsubscribe, stop', async () => {
  const made = await control('POST', '/subscriptions', { applicationServerKey: vapid.publicKey });
  assert.equal(made.status, 201);
  const device = deviceSchema.parse(made.body);
  const agent = new Agent({ ca: readFileSync(ready.ca_file) });
  const push = async (badge: number): Promise<number> => {
    const payload = { v: 1, kind: 'badge', subscription: 'icon', badge, rev: badge, presentation: 'badge' };
    const options = { TTL: 60, agent, vapidDetails: { subject: 'mailto:ops@fabrikam.com', ...vapid } };
    const sent = await webPush
      .sendNotification(device, JSON.stringify(payload), options)
      .catch((error: webPush.WebPushError) => error);
    return sent.statusCode;
  };
  const look = async () => deviceSchema.parse((await control('GET', `/subscriptions/${device.id}`)).body);

  assert.equal(await push(3), 201);
  assert.equal((await look()).badge, 3);

  await control('PUT', `/subscriptions/${device.id}/online`, { online: false });
  assert.equal(await push(4), 201);
  assert.deepEqual([(await look()).badge, (await look()).storedCount], [3, 1]);
  await control('PUT', `/subscriptions/${device.id}/online`, { online: true });
  assert.equal((await look()).badge, 4);

  const injected = await control('POST', '/faults', { fault: { kind: 'answer', status: 503 }, times: 1 });
  assert.equal(injected.status, 201);
  assert.equal(await push(5), 503);
  assert.equal(await push(6), 201);

  await control('DELETE', `/subscriptions/${device.id}`);
  assert.equal(await push(7), 410);
  agent.destroy();

  process_.kill('SIGTERM');
  const [code] = await once(process_, 'exit');
  assert.equal(code, 0);
});
