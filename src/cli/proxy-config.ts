// The proxy's configuration as commands find it: the file that --config names, the environment over it.

import { Option } from 'commander';
import { type ProxyConfig, parseProxyConfig } from '../proxy/config.ts';
import { readConfigFile } from '../runtime/config-file.ts';

const defaultPath = '/etc/mailbadge/proxy.yml';

export type ProxyConfigOption = { config: string };

export function proxyConfigOption(): Option {
  return new Option('--config <file>', 'configuration file of the proxy').default(defaultPath);
}

export function loadProxyConfig({ config }: ProxyConfigOption): ProxyConfig {
  return parseProxyConfig(readConfigFile(config, { service: 'proxy' }), { env: process.env, file: config });
}
