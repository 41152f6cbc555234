// Relay and proxy as an operator runs them: processes of their own, started by the command line, trust set up by it.
// The push services are simulators in the bench's own process, whose clock then times both ends of a badge's way.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connectTrust, writeConfigurations } from '../../src/demo/system.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { ApnsSimulator } from '../../src/simulators/apns/apns-simulator.ts';
import { WebPushSimulator } from '../../src/simulators/webpush/webpush-simulator.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const startDeadlineMs = 20_000;

export type Services = AsyncDisposable & {
  apns: ApnsSimulator;
  proxyUrl: string;
  /** Processor time taken so far, ms. */
  cpu(): CpuTimes;
};
export type CpuTimes = { relay: number; proxy: number };

export async function startServices(folder: string, source: Record<string, unknown>): Promise<Services> {
  await using parts = new AsyncDisposableStack();
  const clock = new SystemClock();
  const apns = parts.use(await ApnsSimulator.start({ clock }));
  const webPush = parts.use(await WebPushSimulator.start({ clock, certificate: apns.certificate }));
  const relay = { quotas: { registrations_per_minute: 100_000 } }; // all devices of the bench come at once
  const files = await writeConfigurations({ folder, source, relay }, { apns, webPush });
  const relayProcess = parts.use(await serve('relay', files.relayFile, files.relay.listen.port));
  await connectTrust(files, folder);
  const proxyProcess = parts.use(await serve('proxy', files.proxyFile, files.proxy.listen.port));
  const owned = parts.move();
  return {
    apns,
    proxyUrl: files.proxy.public_url,
    cpu: () => ({ relay: cpuOf(relayProcess.pid), proxy: cpuOf(proxyProcess.pid) }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when its port is open. */
async function serve(
  service: 'relay' | 'proxy',
  configFile: string,
  port: number | undefined,
): Promise<AsyncDisposable & { pid: number }> {
  const logFile = `${configFile}.log`;
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [main, service, 'serve', '--config', configFile], {
    stdio: ['ignore', 'ignore', log],
  });
  closeSync(log);
  const deadline = performance.now() + startDeadlineMs;
  while (!(await isOpen(port ?? 0))) {
    if (child.exitCode === null && performance.now() < deadline) await setTimeout(20);
    else throw new Error(`the ${service} did not start: ${readFileSync(logFile, 'utf8')}`);
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => stop(child) };
}

/** proc(5): after the program's name in brackets, fields 14 and 15 are user and system time in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
