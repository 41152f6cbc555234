// mailbadge proxy config check | generate

import type { Command } from 'commander';
import { proxyConfigSchema } from '../../../proxy/config.ts';
import { AppError } from '../../../runtime/errors.ts';
import { configSample } from '../../config-sample.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';

export function addProxyConfig(proxy: Command): void {
  const config = proxy.command('config').description('the configuration file');
  config
    .command('check')
    .description('read the configuration and tell what is wrong with it')
    .option('--json', 'print the configuration in force, defaults included, as one JSON document', false)
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
  if (config.mailboxes.source === undefined) {
    throw new AppError('config-invalid', `${options.config} names no mail server`, {
      hint: 'add mailboxes.source: docs/setup/proxy.md shows one for Dovecot and one for IMAP',
    });
  }
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
