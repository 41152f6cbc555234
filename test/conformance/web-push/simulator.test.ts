// The simulated push service against `web-push`, the library that most senders use: what it sends arrives, and what it
// gets wrong is refused with the numbers of a real service.

import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { after, before, test } from 'node:test';
import webPush from 'web-push';
import { ManualClock } from '../../../src/runtime/manual-clock.ts';
import type { SimulatedWebDevice } from '../../../src/simulators/webpush/device.ts';
import { WebPushSimulator } from '../../../src/simulators/webpush/webpush-simulator.ts';

const vapid = webPush.generateVAPIDKeys();
const subject = 'mailto:ops@fabrikam.com';
const clock = new ManualClock(Date.now()); // web-push dates its tokens by the machine's clock
let simulator: WebPushSimulator;
let agent: Agent;

before(async () => {
  simulator = await WebPushSimulator.start({ clock });
  agent = new Agent({ ca: simulator.certificate.caPem, keepAlive: true });
});
after(async () => {
  agent.destroy();
  await simulator[Symbol.asyncDispose]();
});

function subscribe(options: { online?: boolean; silentPushes?: number } = {}): SimulatedWebDevice {
  return simulator.subscribe({ applicationServerKey: vapid.publicKey, ...options });
}

const badge = (value: number, rev: number): string =>
  JSON.stringify({ v: 1, kind: 'badge', subscription: 'icon', badge: value, rev, presentation: 'badge' });

async function send(
  { endpoint, keys }: Pick<SimulatedWebDevice, 'endpoint' | 'keys'>,
  payload: string,
  options: webPush.RequestOptions = {},
) {
  try {
    return await webPush.sendNotification({ endpoint, keys }, payload, {
      TTL: 60,
      agent,
      vapidDetails: { subject, ...vapid },
      ...options,
    });
  } catch (error) {
    assert.ok(error instanceof webPush.WebPushError, String(error));
    return error;
  }
}

test('a push arrives and is shown', async () => {
  const device = subscribe();
  const shown: number[] = [];
  const stop = simulator.onEvent(event => {
    if (event.type === 'shown' && event.device === device) shown.push(event.badge);
  });
  const answer = await send(device, badge(4, 1), { topic: 'icon', urgency: 'high' });
  stop();
  assert.equal(answer.statusCode, 201);
  assert.match(answer.headers['location'] ?? '', new RegExp(`^${simulator.origin}/m/`));
  assert.equal(answer.headers['ttl'], '60');
  assert.deepEqual(shown, [4]);
});

test('while the device is offline one push of a topic waits', async () => {
  const device = subscribe({ online: false });
  await send(device, badge(1, 1), { topic: 'icon' });
  await send(device, badge(2, 2), { topic: 'icon' });
  await send(device, badge(9, 9), { topic: 'other', TTL: 0 });
  device.goOnline();
  assert.deepEqual(device.badges, [2]);
});

test('the largest body is taken, one byte more is not', async () => {
  const device = subscribe();
  assert.equal((await send(device, 'x'.repeat(3993))).statusCode, 201);
  assert.equal((await send(device, 'x'.repeat(3994))).statusCode, 413);
});

test('another sender, no sender, an unknown and a gone subscription are refused', async () => {
  const device = subscribe();
  const foreign = await send(device, badge(1, 1), {
    vapidDetails: { subject, ...webPush.generateVAPIDKeys() },
  });
  assert.equal(foreign.statusCode, 403);
  assert.equal(JSON.parse(foreign.body).errno, 109);
  await assert.rejects(webPush.sendNotification(device, badge(1, 1), { TTL: 60, agent }), {
    statusCode: 401,
  });
  const unknown = { endpoint: `${simulator.origin}/wpush/v2/unknown`, keys: device.keys };
  assert.equal((await send(unknown, badge(1, 1))).statusCode, 404);
  device.unsubscribe();
  const gone = await send(device, badge(1, 1));
  assert.deepEqual([gone.statusCode, JSON.parse(gone.body).errno], [410, 106]);
});

test('a push for another device is accepted and shown by nobody: the sender never learns of it', async () => {
  const [one, other] = [subscribe(), subscribe()];
  const ignored: string[] = [];
  const stop = simulator.onEvent(event => {
    if (event.type === 'ignored') ignored.push(event.reason);
  });
  const answer = await send({ endpoint: one.endpoint, keys: other.keys }, badge(1, 1));
  stop();
  assert.equal(answer.statusCode, 201);
  assert.deepEqual(ignored, ['undecryptable']);
  assert.deepEqual([one.badges, other.badges], [[], []]);
});

test('after sixteen silent pushes a browser like Firefox is gone', async () => {
  const device = subscribe({ silentPushes: 16 });
  const statuses: number[] = [];
  for (let rev = 1; rev <= 17; rev += 1) statuses.push((await send(device, badge(rev, rev))).statusCode);
  assert.deepEqual(statuses, [...Array<number>(16).fill(201), 410]);
});

test('faults strike one request each, in order', async () => {
  const device = subscribe();
  simulator.inject({ kind: 'answer', status: 429, headers: { 'retry-after': '7' } });
  simulator.inject({ kind: 'drop', accept: true });
  simulator.inject({ kind: 'drop' });
  const limited = await send(device, badge(1, 1));
  assert.deepEqual([limited.statusCode, limited.headers['retry-after']], [429, '7']);
  for (const rev of [2, 3])
    await assert.rejects(
      webPush.sendNotification(device, badge(rev, rev), {
        TTL: 60,
        agent,
        vapidDetails: { subject, ...vapid },
      }),
      { code: 'ECONNRESET' },
    );
  assert.equal((await send(device, badge(4, 4))).statusCode, 201);
  assert.deepEqual(device.badges, [2, 4]);
});
