// mailbadge proxy status: the proxy object, every node, and where versions differ.

import type { Command } from 'commander';
import { createProxyAdministration } from '../../../proxy/administration/proxy-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { proxyObjectForm } from '../../proxy-object-form.ts';
import { instant, table } from '../../table.ts';

export function addProxyStatus(proxy: Command): void {
  proxy
    .command('status')
    .description('whether it is enabled, for whom and where to; the nodes and their versions')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(status);
}

async function status(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  const administration = createProxyAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const object = await administration.object();
  const nodes = await administration.nodes();
  const skews = await administration.versionSkews();
  if (options.json) return output.printJson({ ...object, nodes, versionSkews: skews });
  output.print(proxyObjectForm(object));
  output.print('');
  if (nodes.length === 0) output.print('No node has served this database yet.');
  else {
    const rows = nodes.map(node => [
      node.name,
      node.version,
      node.state,
      String(node.processId),
      instant(node.startedAt),
      instant(node.stoppedAt ?? node.seenAt),
    ]);
    output.print(table(['Node', 'Version', 'State', 'Process', 'Started', 'Last seen'], rows));
  }
  for (const { message, hint } of skews) output.warn(`${message}: ${hint}`);
}
