// mailbadge proxy console: a one-time link to the console of the running proxy.

import type { Command } from 'commander';
import { makeConsoleLink } from '../../../proxy/administration/console-link.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { instant } from '../../table.ts';

export function addProxyConsole(proxy: Command): void {
  proxy
    .command('console')
    .description('print a one-time link to the console of the running proxy, for a browser on this machine')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(link);
}

async function link(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  const made = await makeConsoleLink(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  if (options.json) return output.printJson(made);
  output.print(made.url);
  output.note(`The link works once, until ${instant(made.expiresAt)}, in a browser on this machine.`);
}
