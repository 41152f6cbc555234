// What the relay's commands have in common: where its configuration is, and how to work on its database.

import { type Command, Option } from 'commander';
import {
  openRelayAdministration,
  type RelayAdministration,
} from '../relay/administration/relay-administration.ts';
import { parseRelayConfig, type RelayConfig } from '../relay/config.ts';
import { SystemClock } from '../runtime/clock.ts';
import { readConfigFile } from '../runtime/config-file.ts';
import { systemRandom } from '../runtime/random.ts';
import { instant } from './table.ts';

export type ConfigOption = { config: string };
export type JsonOption = { json: boolean };

export function withConfig(command: Command): Command {
  return command.addOption(
    new Option('--config <file>', 'configuration file of the relay').default('/etc/mailbadge/relay.yml'),
  );
}

export function withConfigAndJson(command: Command): Command {
  return withConfig(command).option('--json', 'print one JSON document, for machines', false);
}

export function readRelayConfig({ config }: ConfigOption): RelayConfig {
  return parseRelayConfig(readConfigFile(config, { service: 'relay' }), { env: process.env, file: config });
}

export async function administer<T>(
  options: ConfigOption,
  work: (relay: RelayAdministration) => Promise<T>,
): Promise<T> {
  await using relay = await openRelayAdministration(readRelayConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  return await work(relay);
}

/** For people: UTC, or nothing. */
export function timeText(ms: number | null): string {
  return ms === null ? '' : instant(ms);
}
