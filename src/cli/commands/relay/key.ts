// mailbadge relay key list | rotate

import type { Command } from 'commander';
import type { RelayKey } from '../../../relay/administration/relay-administration.ts';
import { processOutput } from '../../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../../relay-config.ts';
import { table } from '../../table.ts';

type Options = ConfigOption & JsonOption;

const output = processOutput();

export function addRelayKey(relay: Command): void {
  const noun = relay.command('key').description("the relay's own keys, sealed under its key file");

  withConfigAndJson(noun.command('list'))
    .description('list them: what each is for, and since when')
    .action(async (options: Options) => print(await administer(options, relay => relay.keys()), options));

  withConfigAndJson(noun.command('rotate <purpose>'))
    .description(
      'put a new key in front: seal (push targets) or token-signing; what older ones made stays good',
    )
    .action(async (purpose: string, options: Options) =>
      print(await administer(options, relay => relay.rotateKey(purpose)), options),
    );
}

function print(keys: RelayKey[], { json }: JsonOption): void {
  if (json) {
    output.printJson({ keys });
    return;
  }
  const rows = keys.map(key => [key.purpose, key.id, timeText(key.createdAt), timeText(key.retiredAt)]);
  output.print(table(['PURPOSE', 'KEY', 'CREATED', 'RETIRED'], rows));
}
