// mailbadge simulate webpush

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { SystemClock } from '../../../runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../../runtime/http/listener.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { createWebPushControl } from '../../../simulators/webpush/control.ts';
import { WebPushSimulator } from '../../../simulators/webpush/webpush-simulator.ts';
import { listForm, processOutput } from '../../output.ts';
import { parsePort } from '../../port-option.ts';

type Options = { port: number; controlPort: number; caFile: string; json: boolean };

export function addSimulateWebPush(simulate: Command): void {
  simulate
    .command('webpush')
    .description('a Web Push service as strict as the real ones, with devices in it, on loopback')
    .option('--port <port>', 'where it takes pushes; 0 takes any free port', parsePort, 9443)
    .option('--control-port <port>', 'where it is controlled; 0 takes any free port', parsePort, 9444)
    .option('--ca-file <file>', 'writes the certificate to trust to this file', 'mailbadge-simulator-ca.pem')
    .option('--json', 'prints what a relay must be told as JSON', false)
    .action(simulateWebPush);
}

async function simulateWebPush({ port, controlPort, caFile, json }: Options): Promise<void> {
  const clock = new SystemClock();
  const logger = createLogger({ name: 'simulate-webpush' });
  const output = processOutput();
  const running = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    const simulator = running.use(await WebPushSimulator.start({ clock, port }));
    const control = createWebPushControl(simulator, { logger, random: systemRandom });
    const listener = running.use(
      await HttpListener.open({ host: '127.0.0.1', port: controlPort }, fetchHandler(control.fetch), {
        clock,
      }),
    );
    await writeFile(caFile, simulator.certificate.caPem);
    const told = {
      origin: simulator.origin,
      ca_file: caFile,
      control: `http://127.0.0.1:${listener.port}`,
    };
    if (json) output.printJson(told);
    else output.print(listForm(Object.entries(told)));
    output.note(
      `"ca_file" is a member of an app’s "web_push" in the relay’s configuration, which also needs dangerously_allow_push_hosts: ['${simulator.hostAndPort}']`,
    );
  };
  await runUntilSignal({ start, [Symbol.asyncDispose]: () => running.disposeAsync() }, { clock, logger });
}
