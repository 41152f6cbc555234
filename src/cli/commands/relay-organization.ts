// mailbadge relay organization add | list | show | new-code | deactivate | reactivate | revoke-targets

import type { Command } from 'commander';
import type { RelayAdministration } from '../../relay/administration/relay-administration.ts';
import { AppError } from '../../runtime/errors.ts';
import { listForm, processOutput } from '../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../relay-config.ts';

type Options = ConfigOption & JsonOption;
type Organization = Awaited<ReturnType<RelayAdministration['organization']>>;
type WithCode = Awaited<ReturnType<RelayAdministration['addOrganization']>>;

const output = processOutput();

export function addRelayOrganization(relay: Command): void {
  const noun = relay.command('organization').description("the relay's customers");

  withConfigAndJson(noun.command('add <domain>'))
    .description('add an organization and print its one-time enrolment code')
    .action(async (domain: string, options: Options) => {
      printWithCode(await administer(options, relay => relay.addOrganization(domain)), options);
    });

  withConfigAndJson(noun.command('new-code <domain>'))
    .description('print a new enrolment code; earlier unused ones end')
    .action(async (domain: string, options: Options) => {
      printWithCode(await administer(options, relay => relay.newEnrolmentCode(domain)), options);
    });

  withConfigAndJson(noun.command('list'))
    .description('list the organizations')
    .action(async (options: Options) => {
      const organizations = await administer(options, relay => relay.listOrganizations());
      if (options.json) return output.printJson({ organizations: organizations.map(publicForm) });
      if (organizations.length === 0) return output.note('There is no organization yet.');
      output.print(organizations.map(each => listForm(rows(each))).join('\n\n'));
    });

  withConfigAndJson(noun.command('show <domain>'))
    .description('show one organization')
    .action(async (domain: string, options: Options) => {
      print(await administer(options, relay => relay.organization(domain)), options);
    });

  withConfigAndJson(noun.command('deactivate <domain>'))
    .description('let it publish nothing more; reactivate undoes it')
    .requiredOption('--reason <text>', 'kept with the organization')
    .action(async (domain: string, options: Options & { reason: string }) => {
      print(
        await administer(options, relay => relay.deactivateOrganization(domain, options.reason)),
        options,
      );
    });

  withConfigAndJson(noun.command('reactivate <domain>'))
    .description('let a deactivated organization publish again')
    .action(async (domain: string, options: Options) => {
      print(await administer(options, relay => relay.reactivateOrganization(domain)), options);
    });

  withConfigAndJson(noun.command('revoke-targets <domain>'))
    .description("make all of its devices' push targets unusable; each device must register again")
    .option('--yes', 'really do it', false)
    .action(async (domain: string, options: Options & { yes: boolean }) => {
      if (!options.yes) {
        throw new AppError('usage', `every device of ${domain} would have to register again`, {
          hint: 'run it with --yes if that is what you want',
        });
      }
      print(await administer(options, relay => relay.revokeTargets(domain)), options);
    });
}

function print(organization: Organization, { json }: JsonOption): void {
  if (json) output.printJson(publicForm(organization));
  else output.print(listForm(rows(organization)));
}

function printWithCode({ organization, enrolment }: WithCode, { json }: JsonOption): void {
  const code = enrolment.code.reveal();
  if (json) {
    output.printJson({ ...publicForm(organization), enrolmentCode: code, expiresAt: enrolment.expiresAt });
    return;
  }
  output.print(
    listForm([
      ...rows(organization),
      ['Enrolment code', code],
      ['Code valid until', timeText(enrolment.expiresAt)],
    ]),
  );
  output.note(
    'The code is shown this once and works once. The organization’s administrator runs: mailbadge proxy trust connect',
  );
}

function publicForm({ id, ...rest }: Organization) {
  return { organizationId: id, ...rest };
}

function rows(organization: Organization): [string, string][] {
  return [
    ['Domain', organization.domain],
    ['Realm', organization.realm],
    ['Application', organization.applicationId],
    ['Active', String(organization.active)],
    ['Seal epoch', String(organization.sealEpoch)],
    ['Created', timeText(organization.createdAt)],
    ['Ended', timeText(organization.endedAt)],
    ['Reason', organization.endedReason ?? ''],
  ];
}
