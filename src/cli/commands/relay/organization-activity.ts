// mailbadge relay organization deactivate | reactivate | revoke-targets

import type { Command } from 'commander';
import { confirm } from '../../confirm.ts';
import { type Organization, organizationJson, organizationRows } from '../../organization-form.ts';
import { listForm, processOutput } from '../../output.ts';
import { administer, type ConfigOption, type JsonOption, withConfigAndJson } from '../../relay-config.ts';

type Options = ConfigOption & JsonOption;
type TargetsOption = { revokeTargets: boolean };

const output = processOutput();
const revokeTargetsOption = [
  '--revoke-targets',
  'also make its push targets unusable: each device must register again',
  false,
] as const;

export function addRelayOrganizationActivity(noun: Command): void {
  withConfigAndJson(noun.command('deactivate <domain>'))
    .description('let it publish nothing more; reactivate undoes it')
    .requiredOption('--reason <text>', 'kept with the organization')
    .option(...revokeTargetsOption)
    .action(async (domain: string, options: Options & TargetsOption & { reason: string }) => {
      const { reason, revokeTargets } = options;
      print(
        await administer(options, relay => relay.deactivateOrganization(domain, reason, { revokeTargets })),
        options,
      );
    });

  withConfigAndJson(noun.command('reactivate <domain>'))
    .description('let a deactivated organization publish again')
    .option(...revokeTargetsOption)
    .action(async (domain: string, options: Options & TargetsOption) => {
      const { revokeTargets } = options;
      print(
        await administer(options, relay => relay.reactivateOrganization(domain, { revokeTargets })),
        options,
      );
    });

  withConfigAndJson(noun.command('revoke-targets <domain>'))
    .description("make all of its devices' push targets unusable; each device must register again")
    .option('--force', 'do not ask', false)
    .action(async (domain: string, options: Options & { force: boolean }) => {
      const question = `Make all push targets of ${domain} unusable? Every one of its devices must register again.`;
      const hint = 'add --force to do it without being asked';
      if (!options.force && !(await confirm(question, { hint }))) return output.note('Nothing was changed.');
      print(await administer(options, relay => relay.revokeTargets(domain)), options);
    });
}

function print(organization: Organization, { json }: JsonOption): void {
  if (json) output.printJson(organizationJson(organization));
  else output.print(listForm(organizationRows(organization)));
}
