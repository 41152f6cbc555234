// mailbadge relay serve

import type { Command } from 'commander';
import { createRelay } from '../../../relay/relay.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { runUntilSignal } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { type ConfigOption, readRelayConfig, withConfig } from '../../relay-config.ts';

export function addRelayServe(relay: Command): void {
  withConfig(relay.command('serve'))
    .description('run the relay until SIGINT or SIGTERM')
    .action(async (options: ConfigOption) => {
      const config = readRelayConfig(options);
      const clock = new SystemClock();
      const logger = createLogger({ name: 'relay', level: config.log_level });
      await runUntilSignal(createRelay(config, { clock, logger }), { clock, logger });
    });
}
