// mailbadge relay tripwire lift

import type { Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import { processOutput } from '../../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  readRelayConfig,
  withConfigAndJson,
} from '../../relay-config.ts';

type Options = ConfigOption & JsonOption & { reason: string };

const output = processOutput();

export function addRelayTripwire(relay: Command): void {
  const noun = relay
    .command('tripwire')
    .description('holds back the endings of subscriptions when too many devices are reported gone at once');

  withConfigAndJson(noun.command('lift <domain> <appId>'))
    .description('believe for an hour that devices reported gone are gone; the log names what is frozen')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (domain: string, appId: string, options: Options) => {
      const apps = readRelayConfig(options).apps.map(({ id }) => id);
      if (!apps.includes(appId)) {
        throw new AppError('app-unknown', `this relay has no app ${appId}`, {
          hint: apps.length === 0 ? 'none is configured' : `it has ${apps.join(', ')}`,
        });
      }
      const organization = await administer(options, relay =>
        relay.liftTripwire(domain, appId, options.reason),
      );
      if (options.json) output.printJson({ domain: organization.domain, appId, lifted: true });
      else output.print(`endings of ${appId} at ${organization.domain} are believed for an hour`);
    });
}
