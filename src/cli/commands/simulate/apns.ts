// mailbadge simulate apns

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SystemClock } from '../../../runtime/clock.ts';
import { fetchHandler, HttpListener } from '../../../runtime/http/listener.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { ApnsSimulator } from '../../../simulators/apns/apns-simulator.ts';
import { createApnsControl } from '../../../simulators/apns/control.ts';
import { listForm, processOutput } from '../../output.ts';
import { parsePort } from '../../port-option.ts';

type Options = { port: number; sandboxPort: number; controlPort: number; directory: string; json: boolean };

export function addSimulateApns(simulate: Command): void {
  simulate
    .command('apns')
    .description('an APNs as strict as Apple’s, with devices in it, on loopback')
    .option('--port <port>', 'where it takes pushes; 0 takes any free port', parsePort, 2197)
    .option('--sandbox-port <port>', 'the same for the sandbox', parsePort, 2198)
    .option('--control-port <port>', 'where it is controlled; 0 takes any free port', parsePort, 2199)
    .option('--directory <directory>', 'writes ca.pem and the signing key here', 'mailbadge-apns')
    .option('--json', 'prints what a relay must be told as JSON', false)
    .action(simulateApns);
}

async function simulateApns(options: Options): Promise<void> {
  const clock = new SystemClock();
  const logger = createLogger({ name: 'simulate-apns' });
  const output = processOutput();
  const running = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    const { port, sandboxPort, controlPort, directory } = options;
    const simulator = running.use(await ApnsSimulator.start({ clock, port, sandboxPort }));
    const control = createApnsControl(simulator, { logger, random: systemRandom });
    const listener = running.use(
      await HttpListener.open({ host: '127.0.0.1', port: controlPort }, fetchHandler(control.fetch), {
        clock,
      }),
    );
    const { keyId, teamId, privateKeyPem } = simulator.signingKey;
    const keyFile = join(directory, `AuthKey_${keyId}.p8`);
    const caFile = join(directory, 'ca.pem');
    await mkdir(directory, { recursive: true });
    await writeFile(caFile, simulator.certificate.caPem);
    await writeFile(keyFile, privateKeyPem, { mode: 0o600 });
    const told = {
      production_url: simulator.productionUrl,
      sandbox_url: simulator.sandboxUrl,
      team_id: teamId,
      key_id: keyId,
      key_file: keyFile,
      ca_file: caFile,
      control: `http://127.0.0.1:${listener.port}`,
    };
    if (options.json) output.printJson(told);
    else output.print(listForm(Object.entries(told)));
    output.note(
      'all but the last are members of an app’s "apns" in the relay’s configuration; any bundle id will do as topic',
    );
  };
  await runUntilSignal({ start, [Symbol.asyncDispose]: () => running.disposeAsync() }, { clock, logger });
}
