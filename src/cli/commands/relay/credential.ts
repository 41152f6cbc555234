// mailbadge relay credential list | revoke

import type { Command } from 'commander';
import { type Credential, credentialRows } from '../../credential-form.ts';
import { listForm, processOutput } from '../../output.ts';
import { administer, type ConfigOption, type JsonOption, withConfigAndJson } from '../../relay-config.ts';

type Options = ConfigOption & JsonOption;

const output = processOutput();

export function addRelayCredential(relay: Command): void {
  const noun = relay.command('credential').description("organizations' key credentials (certificates)");

  withConfigAndJson(noun.command('list <domain>'))
    .description("list an organization's key credentials, which one is in use, and when each was last used")
    .action(async (domain: string, options: Options) => {
      const credentials = await administer(options, relay => relay.credentials(domain));
      if (options.json) return output.printJson({ credentials });
      if (credentials.length === 0) return output.note('There is no key credential yet.');
      output.print(credentials.map(each => listForm(credentialRows(each))).join('\n\n'));
    });

  withConfigAndJson(noun.command('revoke <keyId>').alias('remove'))
    .description('revoke a key credential for good; its tokens end within seconds')
    .requiredOption('--reason <text>', 'kept with the credential')
    .action(async (keyId: string, options: Options & { reason: string }) => {
      const revoked: Credential = await administer(options, relay =>
        relay.revokeCredential(keyId, options.reason),
      );
      if (options.json) output.printJson(revoked);
      else output.print(listForm(credentialRows(revoked)));
    });
}
