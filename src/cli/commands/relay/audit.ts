// mailbadge relay audit list

import { type Command, InvalidArgumentError } from 'commander';
import type { RelayAdministration } from '../../../relay/administration/relay-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { parseDuration } from '../../../runtime/durations.ts';
import { processOutput } from '../../output.ts';
import { administer, type ConfigOption, type JsonOption, withConfigAndJson } from '../../relay-config.ts';
import { instant, table } from '../../table.ts';

type Options = ConfigOption & JsonOption & { organization?: string; since?: number; limit: number };
type Entry = Awaited<ReturnType<RelayAdministration['audit']>>['entries'][number];

const output = processOutput();
const mostEntries = 10_000;

export function addRelayAudit(relay: Command): void {
  const noun = relay.command('audit').description('who did what, and when');

  withConfigAndJson(noun.command('list'))
    .description('list administrative acts, newest first')
    .option('--organization <domain>', 'those that concern this organization')
    .option('--since <time>', 'a UTC time such as 2026-01-31T08:00:00Z, or how long ago: 24h', parseSince)
    .option('--limit <n>', 'at most so many', parseLimit, 50)
    .action(async (options: Options) => {
      const { organization, since, limit } = options;
      const { entries, more } = await administer(options, relay =>
        relay.audit({
          limit,
          ...(organization !== undefined && { organization }),
          ...(since !== undefined && { since }),
        }),
      );
      if (options.json) return output.printJson({ entries, more });
      if (entries.length === 0) return output.note('Nothing was done.');
      output.print(table(['TIME', 'WHO', 'FROM', 'WHAT', 'TO', 'DETAIL'], entries.map(row)));
      if (more) output.note('There is more: raise --limit.');
    });
}

function row({ at, actorKind, actor, address, action, subject, detail }: Entry): string[] {
  const facts = Object.entries(detail ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
  return [
    instant(at),
    `${actor} (${actorKind})`,
    address ?? '-',
    action,
    subject ?? '-',
    facts.join(', ') || '-',
  ];
}

function parseSince(text: string): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return new SystemClock().now() - ago;
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('It is a UTC time such as 2026-01-31T08:00:00Z, or a duration such as 24h.');
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostEntries) return limit;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${mostEntries}.`);
}
