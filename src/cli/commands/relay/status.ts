// mailbadge relay status

import type { Command } from 'commander';
import type { RelayAdministration } from '../../../relay/administration/relay-administration.ts';
import { listForm, processOutput } from '../../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../../relay-config.ts';
import { table } from '../../table.ts';

type Status = Awaited<ReturnType<RelayAdministration['status']>>;

const output = processOutput();

export function addRelayStatus(relay: Command): void {
  withConfigAndJson(relay.command('status'))
    .description('tell how it is: nodes, versions, organizations, keys, and what to look at')
    .action(async (options: ConfigOption & JsonOption) => {
      const status = await administer(options, relay => relay.status());
      if (options.json) return output.printJson(status);
      output.print(sections(status).join('\n\n'));
      for (const warning of status.warnings) output.warn(warning);
    });
}

function sections({ nodes, organizations, keys, ...status }: Status): string[] {
  return [
    listForm([
      ['Issuer', status.issuer],
      ['Version', status.version],
      ['Minimum proxy version', status.minimumProxyVersion],
      ['TLS certificate ends', timeText(status.tlsEndsAt)],
    ]),
    table(
      ['NODE', 'STATE', 'VERSION', 'STARTED', 'SEEN'],
      nodes.map(({ name, running, version, startedAt, seenAt }) => [
        name,
        running ? 'running' : 'stopped',
        version,
        timeText(startedAt),
        timeText(seenAt),
      ]),
    ),
    table(
      ['ORGANIZATION', 'ACTIVE', 'PROXY', 'LAST USED'],
      organizations.map(({ domain, active, proxyVersion, lastUsedAt }) => [
        domain,
        String(active),
        proxyVersion ?? '',
        timeText(lastUsedAt),
      ]),
    ),
    table(
      ['KEY', 'IN USE SINCE'],
      keys.map(({ key, since }) => [key, timeText(since)]),
    ),
  ];
}
