// mailbadge demo: the whole system on one machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { startDemo } from '../../demo/demo.ts';
import { createDemoPage } from '../../demo/demo-page.ts';
import { runOnce } from '../../demo/once.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { HandlerToCome } from '../../runtime/http/handler-to-come.ts';
import { fetchHandler, HttpListener } from '../../runtime/http/listener.ts';
import { runUntilSignal } from '../../runtime/lifecycle.ts';
import { createLogger } from '../../runtime/logger.ts';
import { processOutput } from '../output.ts';
import { onPort, parsePort } from '../port-option.ts';

type Options = { port: number; smtpPort: number; once: boolean; json: boolean };

const output = processOutput();

export function addDemo(demo: Command): void {
  demo
    .option('--port <port>', 'where the page is served', parsePort, 8080)
    .option('--smtp-port <port>', 'where it takes mail', parsePort, 2525)
    .option('--once', 'run the main job once, without the page, and end', false)
    .option('--json', 'with --once: the result as one JSON line, last on stdout', false)
    .action(async (options: Options) => {
      if (options.json && !options.once) {
        throw new AppError('usage', '--json needs --once', { hint: 'without it the demo shows a page' });
      }
      const folder = mkdtempSync(join(tmpdir(), 'mailbadge-demo-'));
      try {
        await (options.once ? once(folder, options) : serve(folder, options));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

async function serve(folder: string, { port, smtpPort }: Options): Promise<void> {
  const clock = new SystemClock();
  const parts = new AsyncDisposableStack();
  await runUntilSignal(
    {
      async start() {
        // the page's address first: that it is taken should be told at once
        const page = parts.use(new HandlerToCome());
        const address = { host: '127.0.0.1', port };
        const open = () => HttpListener.open(address, page.handle, { clock, drainMs: 200 });
        const listener = parts.use(await onPort('--port', open));
        output.note('Starting relay, proxy, mail server and push services...');
        const demo = parts.use(await onPort('--smtp-port', () => startDemo({ folder, smtpPort })));
        page.come(fetchHandler(createDemoPage(demo).fetch));
        const { host, port: mailPort } = demo.smtp;
        output.print(`Open http://localhost:${listener.port}`);
        output.print(
          `Mail for ${demo.mailbox} is taken by SMTP at ${host}:${mailPort}, as from: swaks --server ${host}:${mailPort} --to ${demo.mailbox}`,
        );
        output.print(
          `The web app: ${demo.webApp.url}, as ${demo.mailbox} with the password ${demo.webApp.password}`,
        );
        output.print(`Relay ${demo.system.relayUrl}, proxy ${demo.system.proxyUrl}. Stop with Ctrl-C.`);
      },
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    },
    { clock, logger: createLogger({ name: 'demo', level: 'warn' }) },
  );
}

async function once(folder: string, { json }: Options): Promise<void> {
  await using demo = await startDemo({ folder, smtpPort: 0 });
  const report = await runOnce(demo, { clock: new SystemClock() });
  if (json) {
    output.print(JSON.stringify(report));
  } else {
    output.print(`The icon showed ${report.badges.join(', ')}; the mailbox has ${report.unseen} unseen.`);
    output.print(
      `From change to icon: ${report.latencyMs.p50} ms in the median, ${report.latencyMs.max} ms at most.`,
    );
    output.print(
      report.ok ? 'Each badge arrived, and the last one is right.' : 'A badge is missing or wrong.',
    );
  }
  if (!report.ok) process.exitCode = 1;
}
