// mailbadge proxy serve

import type { Command } from 'commander';
import { createProxy } from '../../../proxy/proxy.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';

export function addProxyServe(proxy: Command): void {
  proxy
    .command('serve')
    .description('run the proxy until SIGINT or SIGTERM')
    .addOption(proxyConfigOption())
    .action(async (options: ProxyConfigOption) => {
      const config = loadProxyConfig(options);
      const clock = new SystemClock();
      const logger = createLogger({ name: 'proxy', level: config.log_level });
      await runUntilSignal(createProxy(config, { clock, logger }), { clock, logger });
    });
}
