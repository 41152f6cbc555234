// mailbadge relay config check | generate

import type { Command } from 'commander';
import { relayConfigSchema } from '../../../relay/config.ts';
import { configSample } from '../../config-sample.ts';
import { processOutput } from '../../output.ts';
import {
  type ConfigOption,
  type JsonOption,
  readRelayConfig,
  withConfigAndJson,
} from '../../relay-config.ts';

export function addRelayConfig(relay: Command): void {
  const noun = relay.command('config').description("the relay's configuration");
  const output = processOutput();

  withConfigAndJson(noun.command('check'))
    .description('say whether a configuration file is right')
    .action((options: ConfigOption & JsonOption) => {
      const { issuer, apps } = readRelayConfig(options);
      if (options.json) output.printJson({ ok: true, issuer, apps: apps.map(app => app.id) });
      else output.print(`${options.config} is right: relay ${issuer}, ${apps.length} app(s)`);
    });

  noun
    .command('generate')
    .description('print a configuration file with every key and its default')
    .action(() => output.print(configSample(relayConfigSchema, { service: 'relay' }).trimEnd()));
}
