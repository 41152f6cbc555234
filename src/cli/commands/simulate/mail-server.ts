// mailbadge simulate mail-server

import type { Command } from 'commander';
import { SystemClock } from '../../../runtime/clock.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { MailServerSimulator } from '../../../simulators/mail-server/mail-server-simulator.ts';
import { processOutput } from '../../output.ts';
import { parsePort } from '../../port-option.ts';

type Options = { port: number; domain: string; json: boolean };

export function addSimulateMailServer(simulate: Command): void {
  simulate
    .command('mail-server')
    .description('takes mail by SMTP on loopback, keeps mailboxes in memory, prints each change of a count')
    .option('--port <port>', 'where it takes mail; 0 takes any free port', parsePort, 2525)
    .option('--domain <domain>', 'whose mail it takes', 'fabrikam.com')
    .option('--json', 'one JSON object a line: first where it listens, then each change', false)
    .action(simulateMailServer);
}

async function simulateMailServer({ port, domain, json }: Options): Promise<void> {
  const clock = new SystemClock();
  const output = processOutput();
  const running = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    const listen = { host: '127.0.0.1', port };
    const server = running.use(await MailServerSimulator.start({ domain, listen, clock }));
    server.mailboxes.onChange(({ mailbox, status: { unseen } }) => {
      output.print(json ? JSON.stringify({ mailbox, unseen }) : `${mailbox}: ${unseen} unseen`);
    });
    const smtp = `smtp://127.0.0.1:${server.port}`;
    if (json) output.print(JSON.stringify({ smtp, domain }));
    output.note(`${smtp} takes mail for ${domain}`);
  };
  await runUntilSignal(
    { start, [Symbol.asyncDispose]: () => running.disposeAsync() },
    { clock, logger: createLogger({ name: 'simulate-mail-server' }) },
  );
}
