// mailbadge proxy why MAILBOX|ICON

import type { Command } from 'commander';
import { why } from '../../../proxy/administration/why.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { age } from '../../age.ts';
import { processOutput } from '../../output.ts';
import { printable } from '../../printable.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { instant, table } from '../../table.ts';

export function addProxyWhy(proxy: Command): void {
  proxy
    .command('why')
    .description('tell why a badge shows what it shows')
    .argument(
      '<mailbox or icon>',
      'a mailbox’s name, or an icon’s id; write "--" before an id that begins with "-"',
    )
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(explain);
}

async function explain(of: string, options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  const clock = new SystemClock();
  const explanation = await why(loadProxyConfig(options), of, { clock });
  if (options.json) return output.printJson(explanation);
  const { conclusion, remedy, facts } = explanation;
  output.print(printable(conclusion));
  if (remedy !== null) output.print(`Remedy: ${remedy}`);
  output.print('');
  const now = clock.now();
  const rows = facts.map(({ at, stage, text }) => [
    stage,
    instant(at),
    at === null ? '' : age(at, now),
    text,
  ]);
  output.print(table(['Stage', 'UTC', 'Age', 'Fact'], rows));
}
