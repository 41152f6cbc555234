// mailbadge relay credential list | revoke

import type { Command } from 'commander';
import type { RelayAdministration } from '../../relay/administration/relay-administration.ts';
import { listForm, processOutput } from '../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../relay-config.ts';

type Options = ConfigOption & JsonOption;
type KeyCredential = Awaited<ReturnType<RelayAdministration['revokeCredential']>>;

const output = processOutput();

export function addRelayCredential(relay: Command): void {
  const noun = relay.command('credential').description("organizations' key credentials (certificates)");

  withConfigAndJson(noun.command('list <domain>'))
    .description("list an organization's key credentials, and when each was last used")
    .action(async (domain: string, options: Options) => {
      const credentials = await administer(options, relay => relay.credentials(domain));
      if (options.json) return output.printJson({ credentials: credentials.map(publicForm) });
      if (credentials.length === 0) return output.note('There is no key credential yet.');
      output.print(credentials.map(each => listForm(rows(each))).join('\n\n'));
    });

  withConfigAndJson(noun.command('revoke <keyId>'))
    .description('revoke a key credential for good; its tokens end within seconds')
    .requiredOption('--reason <text>', 'kept with the credential')
    .action(async (keyId: string, options: Options & { reason: string }) => {
      const credential = await administer(options, relay => relay.revokeCredential(keyId, options.reason));
      if (options.json) output.printJson(publicForm(credential));
      else output.print(listForm(rows(credential)));
    });
}

function publicForm({ publicJwk: _, ...rest }: KeyCredential) {
  return rest;
}

function rows(credential: KeyCredential): [string, string][] {
  return [
    ['Key id', credential.keyId],
    ['Type', credential.type],
    ['Usage', credential.usage],
    ['Start', timeText(credential.startAt)],
    ['End', timeText(credential.endAt)],
    ['Registered', timeText(credential.registeredAt)],
    ['Last used', timeText(credential.lastUsedAt)],
    ['Revoked', timeText(credential.revokedAt)],
    ['Reason', credential.revokedReason ?? ''],
  ];
}
