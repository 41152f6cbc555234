// How long a badge takes: from a mail that a real Dovecot took by LMTP to the push service that has its badge. Relay and
// proxy are processes started by the command line; this process sends the mails and simulates APNs, so one monotonic
// clock times both ends. Before them, on the same server at the same rates, a bare listener (or bare IDLE clients) in
// the proxy's place measures the floor: what Dovecot itself takes. Prints a section of Markdown.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { demoApp } from '../src/demo/system.ts';
import { RespListener } from '../src/proxy/mailboxes/dovecot/resp-listener.ts';
import { parseStatusKey, parseStatusValue } from '../src/proxy/mailboxes/dovecot/status-value.ts';
import { SystemClock } from '../src/runtime/clock.ts';
import type { SimulatedDevice } from '../src/simulators/apns/device.ts';
import { SimulatedApp } from '../src/simulators/simulated-app.ts';
import { Dovecot, dovecotPassword, dovecotUnavailable } from '../test/fixtures/dovecot.ts';
import { bareIdle } from './latency/bare-idle.ts';
import { Deliveries, type Mail } from './latency/deliveries.ts';
import { type CpuTimes, type Services, startServices } from './latency/services.ts';

const mailboxes = Array.from({ length: 200 }, (_, index) => `user${index}`);
const loads = [
  { count: 12, perSecond: 1 },
  { count: 500, perSecond: 100 },
];
/** Not measured: a mailbox is made when it gets its first mail. */
const warmUp = { count: mailboxes.length, perSecond: 100 };
const parallelSetUps = 8;

const noTimes: CpuTimes = { relay: 0, proxy: 0 };

type Load = (typeof loads)[number];
type Runs = { load: Load; mails: Mail[]; cpu: CpuTimes }[];
type Watch = (deliveries: Deliveries, dovecot: Dovecot, folder: string) => Promise<AsyncDisposable>;
type Source = {
  name: string;
  notify: boolean;
  config(dovecot: Dovecot, folder: string): Record<string, unknown>;
  floor: Watch;
};
type Result = { name: string; floor: Runs; badges: Runs; wrongIcons: number };

const notifySocket = (folder: string): string => join(folder, 'notify.sock');

const sources: Source[] = [
  {
    name: 'Dovecot events',
    notify: true,
    config: (dovecot, folder) => dovecot.eventSource(notifySocket(folder)),
    floor: listenToEvents,
  },
  {
    name: 'IMAP, own password',
    notify: false,
    config: dovecot => ({ kind: 'imap', ...dovecot.imaps }),
    floor: listenByIdle,
  },
];

const missing = dovecotUnavailable();
if (missing === undefined) {
  const results: Result[] = [];
  for (const source of sources) results.push(await measure(source));
  report(results);
} else {
  console.log(`## Latency of a badge\n\nNot measured: ${missing}`);
}

async function measure({ name, notify, config, floor: watchFloor }: Source): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'mbb-')); // short: unix socket paths end at 107 bytes
  chmodSync(folder, 0o755); // Dovecot's mail processes must reach the socket in it
  try {
    await using dovecot = await Dovecot.start({
      users: mailboxes,
      ...(notify ? { notify: { path: notifySocket(folder) } } : {}),
    });
    const deliveries = new Deliveries(dovecot.ports.lmtp, mailboxes);
    const watching = await watchFloor(deliveries, dovecot, folder);
    await deliveries.send(warmUp);
    const floor = await sendAll(deliveries, () => noTimes);
    await watching[Symbol.asyncDispose]();

    await using services = await startServices(folder, config(dovecot, folder));
    const devices = await turnOnDevices(services);
    const mailboxOf = new Map([...devices].map(([mailbox, device]) => [device, mailbox]));
    const untilRight = () => untilShown(devices, mailbox => deliveries.sentTo(mailbox));
    if ((await untilRight()) > 0) throw new Error(`${name}: the first badges did not come`);
    services.apns.onEvent(event => {
      if (event.type !== 'accepted' || event.badge === undefined) return;
      deliveries.learned(mailboxOf.get(event.device) ?? '', event.badge);
    });
    const badges = await sendAll(deliveries, services.cpu);
    await untilRight();
    return { name, floor, badges, wrongIcons: await countWrong(devices, dovecot) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `cpu`: of the services that run meanwhile. */
async function sendAll(deliveries: Deliveries, cpu: () => CpuTimes): Promise<Runs> {
  const runs: Runs = [];
  for (const load of loads) {
    const before = cpu();
    const mails = await deliveries.send(load);
    const after = cpu();
    const spent = { relay: after.relay - before.relay, proxy: after.proxy - before.proxy };
    runs.push({ load, mails, cpu: spent });
  }
  return runs;
}

/** Dovecot's events, noticed and acknowledged, and nothing else. */
async function listenToEvents(
  deliveries: Deliveries,
  _dovecot: Dovecot,
  folder: string,
): Promise<AsyncDisposable> {
  return RespListener.open({
    address: { path: notifySocket(folder), mode: '0666' },
    clock: new SystemClock(),
    onChange({ key, value = '' }) {
      const count = parseStatusValue(value);
      if (count !== undefined) deliveries.learned(parseStatusKey(key, '') ?? '', count.unseen);
      return true;
    },
    onFault(fault) {
      throw new Error(fault);
    },
  });
}

async function listenByIdle(deliveries: Deliveries, { ports }: Dovecot): Promise<AsyncDisposable> {
  const clients = new DisposableStack();
  await forEach(mailboxes, async user => {
    const login = { port: ports.imap, user, password: dovecotPassword };
    clients.use(await bareIdle(login, count => deliveries.learned(user, count)));
  });
  return { [Symbol.asyncDispose]: async () => clients.dispose() };
}

/** One device and one icon for each mailbox. */
async function turnOnDevices({ apns, proxyUrl }: Services): Promise<Map<string, SimulatedDevice>> {
  const devices = new Map<string, SimulatedDevice>();
  await forEach(mailboxes, async user => {
    const device = apns.registerDevice({ topic: demoApp });
    const app = new SimulatedApp({ proxyUrl, appId: demoApp, installationId: `${user}-phone` });
    const target = { provider: 'apns', environment: device.environment, token: device.token } as const;
    const mailbox = await app.signIn(user, dovecotPassword);
    await app.turnOn(
      mailbox,
      { target, waitForCode: options => device.waitForCode(options) },
      { signal: AbortSignal.timeout(30_000) },
    );
    devices.set(mailbox, device);
  });
  return devices;
}

/** Answers how many icons never showed it. */
async function untilShown(
  devices: Map<string, SimulatedDevice>,
  expected: (mailbox: string) => number,
): Promise<number> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const wrong = [...devices].filter(([mailbox, { badge }]) => badge !== expected(mailbox)).length;
    if (wrong === 0 || performance.now() > deadline) return wrong;
    await setTimeout(20);
  }
}

/** By Dovecot's own count. */
async function countWrong(devices: Map<string, SimulatedDevice>, dovecot: Dovecot): Promise<number> {
  let wrong = 0;
  await forEach([...devices], async ([mailbox, device]) => {
    using client = await dovecot.signIn(mailbox);
    if ((await client.unseen()) !== device.badge) wrong += 1;
  });
  return wrong;
}

async function forEach<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await action(item);
  };
  await Promise.all(Array.from({ length: parallelSetUps }, worker));
}

function report(results: readonly Result[]): void {
  const rows = results.flatMap(({ name, floor, badges }) =>
    badges.map(({ load, mails, cpu }, index) => [
      name,
      load.perSecond,
      ...figures(mails, floor[index]?.mails),
      `${(cpu.proxy / mails.length).toFixed(1)} + ${(cpu.relay / mails.length).toFixed(1)}`,
    ]),
  );
  const all = results.flatMap(({ badges }) => badges.flatMap(({ mails }) => mails));
  const lost = all.filter(({ arrivedAt }) => arrivedAt === undefined).length;
  const coalesced = all.filter(mail => mail.coalesced === true).length;
  const wrong = results.reduce((sum, { wrongIcons }) => sum + wrongIcons, 0);
  const icons = mailboxes.length * results.length;
  const sent = loads.map(({ count, perSecond }) => `${count} at ${perSecond}/s`).join(', ');
  const lines = [
    '## Latency of a badge',
    '',
    `Real Dovecot, relay and proxy as processes of their own (\`mailbadge relay serve\`, \`proxy serve\`), the APNs simulator and the sender in a third; one machine, times in ms, p50 / p99 (of few mails: the slowest). Mails: ${sent}, to ${mailboxes.length} mailboxes in turn with a device each: at most one every 2 s to a mailbox, so that nothing is coalesced by design.`,
    '',
    '| source | mails/s | accepted → push service | sent → push service | floor: sent → told by Dovecot | p50 over the floor | CPU per mail: proxy + relay |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(cells => `| ${cells.join(' | ')} |`),
    '',
    '"Sent" is the end of the message on the LMTP connection, "accepted" Dovecot\'s answer to it. The floor was measured in the same run on the same server at the same rates, with a bare listener in the proxy\'s place: for Dovecot events one that acknowledges each event and does nothing else (Dovecot tells the event before it answers the mail), for IMAP one bare IDLE client per mailbox. Dovecot tells IDLE clients of a change after a fixed 500 ms or so, whoever asks.',
    '',
    `Lost: ${lost} of ${all.length} mails without a badge, ${wrong} of ${icons} icons whose last badge is not Dovecot's count; ${coalesced} mails were covered by the badge of a later one.`,
  ];
  console.log(lines.join('\n'));
}

function figures(mails: readonly Mail[], floor: readonly Mail[] = []): string[] {
  const fromAccepted = mails.map(({ acceptedAt, arrivedAt }) => (arrivedAt ?? Infinity) - (acceptedAt ?? 0));
  const sinceSent = ({ handedOverAt, arrivedAt }: Mail): number =>
    (arrivedAt ?? Infinity) - (handedOverAt ?? 0);
  const ours = mails.map(sinceSent);
  const dovecot = floor.map(sinceSent);
  const over = percentile(ours, 0.5) - percentile(dovecot, 0.5);
  const ratio = percentile(ours, 0.5) / percentile(dovecot, 0.5);
  const both = (values: number[]): string =>
    `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.99).toFixed(1)}`;
  return [
    both(fromAccepted),
    both(ours),
    both(dovecot),
    `${over < 0 ? '−' : '+'}${Math.abs(over).toFixed(1)} (${ratio.toFixed(2)}×)`,
  ];
}

/** Nearest rank: of few values, p99 is the largest. */
function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;
}
