// mailbadge relay administrator add | list | reset-password | disable | enable | remove-totp

import type { Command } from 'commander';
import type { RelayAdministration } from '../../../relay/administration/relay-administration.ts';
import { AppError } from '../../../runtime/errors.ts';
import { type NewPasswordOptions, newPassword } from '../../new-password.ts';
import { listForm, processOutput } from '../../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../../relay-config.ts';
import { instant, table } from '../../table.ts';

type Options = ConfigOption & JsonOption;
type WhoseOptions = { operator: boolean; organization?: string };
type WithPassword = Awaited<ReturnType<RelayAdministration['addAdministrator']>>;
type Administrator = WithPassword['administrator'];

const output = processOutput();

export function addRelayAdministrator(relay: Command): void {
  const noun = relay.command('administrator').description('who may sign in to the console');

  withPassword(withConfigAndJson(noun.command('add <email>')))
    .description('add an operator of the relay, or an administrator of one organization')
    .option('--operator', 'one who sees and changes the whole relay', false)
    .option('--organization <domain>', 'one who sees and changes this organization alone')
    .action(async (email: string, options: Options & WhoseOptions & NewPasswordOptions) => {
      const { operator, organization } = options;
      if (operator === (organization !== undefined)) {
        throw new AppError('usage', 'say what the account is for', {
          hint: 'give either --operator or --organization <domain>',
        });
      }
      if (organization !== undefined) await administer(options, relay => relay.organization(organization));
      const password = await newPassword(options);
      printWithPassword(
        await administer(options, relay => relay.addAdministrator(email, { organization, password })),
        options,
      );
    });

  withConfigAndJson(noun.command('list'))
    .description('list the accounts')
    .option('--organization <domain>', 'of this organization alone')
    .action(async (options: Options & { organization?: string }) => {
      const { organization, json } = options;
      const administrators = await administer(options, relay =>
        relay.listAdministrators(organization === undefined ? {} : { organization }),
      );
      if (json) return output.printJson({ administrators });
      if (administrators.length === 0) return output.note('There is no account yet.');
      const rows = administrators.map(each => [
        each.email,
        each.role,
        each.organization ?? '-',
        each.disabledAt === null ? 'enabled' : 'disabled',
        each.totp ? 'on' : 'off',
        instant(each.lastSignInAt),
      ]);
      output.print(table(['EMAIL', 'ROLE', 'ORGANIZATION', 'STATE', 'ONE-TIME CODES', 'LAST SIGN-IN'], rows));
    });

  withPassword(withConfigAndJson(noun.command('reset-password <email>')))
    .description('give an account a new password; it is signed out everywhere')
    .action(async (email: string, options: Options & NewPasswordOptions) => {
      const password = await newPassword(options);
      printWithPassword(
        await administer(options, relay => relay.resetPassword(email, { password })),
        options,
      );
    });

  withConfigAndJson(noun.command('disable <email>'))
    .description('let an account sign in no more; it is signed out everywhere')
    .action(async (email: string, options: Options) =>
      print(await administer(options, relay => relay.disableAdministrator(email)), options),
    );

  withConfigAndJson(noun.command('enable <email>'))
    .description('let a disabled account sign in again')
    .action(async (email: string, options: Options) =>
      print(await administer(options, relay => relay.enableAdministrator(email)), options),
    );

  withConfigAndJson(noun.command('remove-totp <email>'))
    .description('ask somebody who lost the authenticator for no more one-time codes')
    .action(async (email: string, options: Options) =>
      print(await administer(options, relay => relay.removeTotp(email)), options),
    );
}

function withPassword(command: Command): Command {
  return command
    .option('--password-file <file>', 'its first line is the password')
    .option('--generate-password', 'make one and print it, this once', false);
}

function print(administrator: Administrator, { json }: JsonOption): void {
  if (json) output.printJson(administrator);
  else output.print(listForm(rows(administrator)));
}

function printWithPassword({ administrator, password }: WithPassword, options: JsonOption): void {
  if (password === undefined) {
    print(administrator, options);
  } else if (options.json) {
    output.printJson({ ...administrator, password: password.reveal() });
  } else {
    output.print(listForm([...rows(administrator), ['Password', password.reveal()]]));
    output.note('The password is shown this once. Whoever gets it should change it at the first sign-in.');
  }
}

function rows(administrator: Administrator): [string, string][] {
  return [
    ['E-mail', administrator.email],
    ['Role', administrator.role],
    ['Organization', administrator.organization ?? ''],
    ['One-time codes', administrator.totp ? 'on' : 'off'],
    ['Created', timeText(administrator.createdAt)],
    ['Password changed', timeText(administrator.passwordChangedAt)],
    ['Last sign-in', timeText(administrator.lastSignInAt)],
    ['Disabled', timeText(administrator.disabledAt)],
  ];
}
