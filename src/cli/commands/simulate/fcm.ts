// mailbadge simulate fcm

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SystemClock } from '../../../runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../../runtime/http/listener.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { createFcmControl } from '../../../simulators/fcm/control.ts';
import { FcmSimulator } from '../../../simulators/fcm/fcm-simulator.ts';
import { listForm, processOutput } from '../../output.ts';
import { parsePort } from '../../port-option.ts';

type Options = { port: number; tokenPort: number; controlPort: number; directory: string; json: boolean };

export function addSimulateFcm(simulate: Command): void {
  simulate
    .command('fcm')
    .description('an FCM as strict as Google’s, with Android devices in it, on loopback')
    .option('--port <port>', 'where it takes messages; 0 takes any free port', parsePort, 5228)
    .option('--token-port <port>', 'where it gives out access tokens; 0 the same', parsePort, 5229)
    .option('--control-port <port>', 'where it is controlled; 0 the same', parsePort, 5230)
    .option('--directory <directory>', 'writes ca.pem and the service account’s key here', 'mailbadge-fcm')
    .option('--json', 'prints what a relay must be told as JSON', false)
    .action(simulateFcm);
}

async function simulateFcm(options: Options): Promise<void> {
  const clock = new SystemClock();
  const logger = createLogger({ name: 'simulate-fcm' });
  const output = processOutput();
  const running = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    const { port, tokenPort, controlPort, directory } = options;
    const simulator = running.use(await FcmSimulator.start({ clock, port, tokenPort }));
    const control = createFcmControl(simulator, { logger, random: systemRandom });
    const listener = running.use(
      await HttpListener.open({ host: '127.0.0.1', port: controlPort }, fetchHandler(control.fetch), {
        clock,
      }),
    );
    const keyFile = join(directory, 'service-account.json');
    const caFile = join(directory, 'ca.pem');
    await mkdir(directory, { recursive: true });
    await writeFile(caFile, simulator.certificate.caPem);
    await writeFile(keyFile, JSON.stringify(simulator.serviceAccountKey, null, 2), { mode: 0o600 });
    const told = {
      project_id: simulator.projectId,
      service_account_file: keyFile,
      url: simulator.url,
      ca_file: caFile,
      control: `http://127.0.0.1:${listener.port}`,
    };
    if (options.json) output.printJson(told);
    else output.print(listForm(Object.entries(told)));
    output.note('all but the last are members of an app’s "fcm" in the relay’s configuration');
  };
  await runUntilSignal({ start, [Symbol.asyncDispose]: () => running.disposeAsync() }, { clock, logger });
}
