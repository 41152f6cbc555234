// The APNs client beside @parse/node-apn, and the FCM client beside it: speed and processor time against the same
// do-nothing HTTP/2 sink, and what each APNs client loses when the server says GOAWAY every 200 streams. Clients and server are processes of their own, each on its
// own core where `taskset` exists; rounds are interleaved, the figures are medians. Prints a section of Markdown.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { createSigningKey } from '../src/simulators/apns/provider-tokens.ts';
import { createTestCertificate } from '../src/simulators/certificate.ts';
import {
  benchDeviceToken,
  benchFcmPath,
  benchProject,
  benchSigningKey,
  type ClientResult,
  type ClientTask,
  goawayEvery,
} from './apns/setting.ts';

const rounds = 5;
const clients = ['mailbadge', 'mailbadge-fcm', 'node-apn'] as const;
const apnsClients = ['mailbadge', 'node-apn'] as const;
const load = { count: 8000, warmUp: 1000, inFlight: 500 };
const lossLoad = { count: 3000, warmUp: 0, inFlight: 200 };
const pinned = existsSync('/usr/bin/taskset');
const nghttpd = ['/usr/sbin/nghttpd', '/usr/bin/nghttpd'].find(path => existsSync(path));

type Server = { port: number; process: ChildProcess };

const directory = mkdtempSync(join(tmpdir(), 'mailbadge-bench-'));
try {
  const certificate = await createTestCertificate({ hosts: ['localhost', '127.0.0.1'] });
  write('ca.pem', certificate.caPem);
  write('cert.pem', certificate.certPem);
  write('server.key', certificate.keyPem);
  write('key.p8', createSigningKey(benchSigningKey).privateKeyPem);
  mkdirSync(join(directory, 'www/3/device'), { recursive: true });
  write(`www/3/device/${benchDeviceToken}`, '');
  mkdirSync(join(directory, 'www', dirname(benchFcmPath)), { recursive: true });
  write(`www/${benchFcmPath}`, JSON.stringify({ name: `projects/${benchProject}/messages/0:1%2` }));

  const speed = await measureSpeed();
  const losses = await measureLosses();
  report(speed, losses);
} finally {
  rmSync(directory, { recursive: true });
}

async function measureSpeed(): Promise<Record<string, ClientResult[]>> {
  const results: Record<string, ClientResult[]> = { mailbadge: [], 'mailbadge-fcm': [], 'node-apn': [] };
  const sink = nghttpd === undefined ? await startServer('sink') : await startNghttpd(nghttpd);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? clients : clients.toReversed();
      for (const client of order) results[client]?.push(runClient({ client, port: sink.port, ...load }));
    }
  } finally {
    await stop(sink);
  }
  return results;
}

async function measureLosses(): Promise<Record<string, ClientResult & { took: number; repeated: number }>> {
  const results: Record<string, ClientResult & { took: number; repeated: number }> = {};
  for (const client of apnsClients) {
    const server = await startServer('strict');
    const result = runClient({ client, port: server.port, ...lossLoad });
    server.process.stdin?.end();
    const { took, repeated } = JSON.parse((await server.lines.next()).value ?? '{}');
    await stop(server);
    results[client] = { ...result, took: took - 1, repeated }; // less the first push, alone
  }
  return results;
}

function runClient(task: Omit<ClientTask, 'directory'>): ClientResult {
  const [program = '', ...args] = onCore(0, [
    process.execPath,
    join(import.meta.dirname, 'apns/client.ts'),
    JSON.stringify({ ...task, directory }),
  ]);
  const lines = execFileSync(program, args, { encoding: 'utf8', timeout: 60_000 }).trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '');
}

async function startServer(mode: 'sink' | 'strict'): Promise<Server & { lines: AsyncIterator<string> }> {
  const script = join(import.meta.dirname, 'apns/server.ts');
  const [program = '', ...args] = onCore(1, [process.execPath, script, mode, directory]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return { port: JSON.parse(value ?? '{}').port, process: child, lines };
}

async function startNghttpd(path: string): Promise<Server> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  const options = ['-a', '127.0.0.1', '-m', '1000', '-d', join(directory, 'www')];
  const files = [join(directory, 'server.key'), join(directory, 'cert.pem')];
  const [program = '', ...args] = onCore(1, [path, ...options, String(port), ...files]);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilOpen(port);
  return { port, process: child };
}

async function untilOpen(port: number): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(20);
    } finally {
      socket.destroy();
    }
  }
}

async function stop({ process: child }: Server): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

function onCore(core: number, command: string[]): string[] {
  return pinned ? ['taskset', '-c', String(core), ...command] : command;
}

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(
  speed: Record<string, ClientResult[]>,
  losses: Awaited<ReturnType<typeof measureLosses>>,
): void {
  const perSecond = (client: string) =>
    median((speed[client] ?? []).map(({ accepted, seconds }) => accepted / seconds));
  const cpuMicros = (client: string) =>
    median((speed[client] ?? []).map(({ accepted, cpuSeconds }) => (cpuSeconds * 1e6) / accepted));
  const sink = nghttpd === undefined ? 'our own accept-all server' : 'nghttpd';
  const where = pinned ? 'client on one core, server on another' : 'not pinned to cores';
  const lines = [
    '## APNs and FCM clients',
    '',
    `One process, one connection, ${load.inFlight} in flight, ${load.count} badges a round, ${rounds} interleaved rounds, medians; sink: ${sink}; ${where}; Node.js ${process.version}.`,
    '',
    '| client | notifications/s | CPU µs per notification |',
    '| --- | ---: | ---: |',
    ...clients.map(
      client => `| ${client} | ${perSecond(client).toFixed(0)} | ${cpuMicros(client).toFixed(0)} |`,
    ),
    '',
    `Ratio mailbadge : node-apn: speed ${(perSecond('mailbadge') / perSecond('node-apn')).toFixed(2)}, CPU ${(cpuMicros('mailbadge') / cpuMicros('node-apn')).toFixed(2)}.`,
    '',
    `A graceful GOAWAY every ${goawayEvery} streams, ${lossLoad.count} badges, ${lossLoad.inFlight} in flight, against the strict simulator:`,
    '',
    '| client | reported accepted | lost | took effect | took effect twice |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...apnsClients.map(client => {
      const { accepted = 0, lost = 0, took = 0, repeated = 0 } = losses[client] ?? {};
      return `| ${client} | ${accepted} | ${lost} | ${took} | ${repeated} |`;
    }),
  ];
  console.log(lines.join('\n'));
}
