// mailbadge proxy config check | generate

import type { Command } from 'commander';
import { proxyConfigSchema } from '../../proxy/config.ts';
import { configSample } from '../config-sample.ts';
import { processOutput } from '../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../proxy-config.ts';

export function addProxyConfig(proxy: Command): void {
  const config = proxy.command('config').description('the configuration file');
  config
    .command('check')
    .description('read the configuration and tell what is wrong with it')
    .option('--json', 'one JSON document: the configuration in force, defaults included', false)
    .addOption(proxyConfigOption())
    .action(check);
  config
    .command('generate')
    .description('print a sample configuration with every key')
    .action(() => processOutput().print(configSample(proxyConfigSchema, { service: 'proxy' }).trimEnd()));
}

function check(options: ProxyConfigOption & { json: boolean }): void {
  const output = processOutput();
  const config = loadProxyConfig(options);
  if (options.json) output.printJson(withoutSecrets(config));
  else output.print(`${options.config} is a valid configuration.`);
}

function withoutSecrets(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      /^(password|prefix_secret)$/.test(key) && member !== undefined ? '[secret]' : member,
    ),
  );
}
