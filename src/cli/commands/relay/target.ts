// mailbadge relay target deny

import type { Command } from 'commander';
import { processOutput } from '../../output.ts';
import { administer, type ConfigOption, type JsonOption, withConfigAndJson } from '../../relay-config.ts';

type Options = ConfigOption & JsonOption & { reason: string };

export function addRelayTarget(relay: Command): void {
  const noun = relay.command('target').description('single devices');
  const output = processOutput();

  withConfigAndJson(noun.command('deny <targetId>'))
    .description('deliver nothing more to one device, named by the target id of the log')
    .requiredOption('--reason <text>', 'kept with the entry')
    .action(async (targetId: string, options: Options) => {
      const added = await administer(options, relay => relay.denyTarget(targetId, options.reason));
      if (options.json) output.printJson({ targetId, added });
      else output.print(added ? `${targetId} is denied` : `${targetId} was denied before`);
    });
}
