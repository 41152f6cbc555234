// mailbadge relay organization add | new-code | set | list | show | check-domain, and what stands in
// relay-organization-activity.ts

import { type Command, InvalidArgumentError } from 'commander';
import type { RelayAdministration } from '../../../relay/administration/relay-administration.ts';
import { AppError } from '../../../runtime/errors.ts';
import { credentialRows } from '../../credential-form.ts';
import { organizationJson, organizationRows } from '../../organization-form.ts';
import { listForm, processOutput } from '../../output.ts';
import {
  administer,
  type ConfigOption,
  type JsonOption,
  timeText,
  withConfigAndJson,
} from '../../relay-config.ts';
import { instant, table } from '../../table.ts';
import { addRelayOrganizationActivity } from './organization-activity.ts';

type Options = ConfigOption & JsonOption;
type AboutOptions = { name?: string; contact?: string };
type Settings = AboutOptions & { quota?: number | 'default'; directTrust?: boolean };
type WithCode = Awaited<ReturnType<RelayAdministration['addOrganization']>>;

const output = processOutput();

export function addRelayOrganization(relay: Command): void {
  const noun = relay.command('organization').description("the relay's customers");

  withConfigAndJson(noun.command('add <domain>'))
    .description('add an organization that you vouch for, and print its one-time enrolment code')
    .option('--name <name>', 'what people call it')
    .option('--contact <email>', 'whom to write to')
    .action(async (domain: string, { name, contact, ...options }: Options & AboutOptions) => {
      const about = { ...(name !== undefined && { name }), ...(contact !== undefined && { contact }) };
      printWithCode(await administer(options, relay => relay.addOrganization(domain, about)), options);
    });

  withConfigAndJson(noun.command('new-code <domain>'))
    .description('print a new enrolment code; earlier unused ones end')
    .action(async (domain: string, options: Options) => {
      printWithCode(await administer(options, relay => relay.newEnrolmentCode(domain)), options);
    });

  withConfigAndJson(noun.command('set <domain>'))
    .description('change what is given; a running relay acts on it at once')
    .option('--name <name>', 'what people call it')
    .option('--contact <email>', 'whom to write to')
    .option('--quota <n>', 'notifications a second, or "default"', parseQuota)
    .option('--direct-trust <on|off>', 'take access tokens that the organization signed itself', parseSwitch)
    .action(async (domain: string, options: Options & Settings) => {
      const { name, contact, quota, directTrust } = options;
      const settings = {
        ...(name !== undefined && { name }),
        ...(contact !== undefined && { contact }),
        ...(quota !== undefined && { quotaPerSecond: quota === 'default' ? null : quota }),
        ...(directTrust !== undefined && { directTrust }),
      };
      if (Object.keys(settings).length === 0) {
        throw new AppError('usage', 'there is nothing to set', {
          hint: 'give --name, --contact, --quota or --direct-trust',
        });
      }
      const changed = await administer(options, relay => relay.changeOrganization(domain, settings));
      if (options.json) output.printJson(organizationJson(changed));
      else output.print(listForm(organizationRows(changed)));
    });

  withConfigAndJson(noun.command('list'))
    .description('list the organizations')
    .action(async (options: Options) => {
      const organizations = await administer(options, relay => relay.listOrganizations());
      if (options.json) return output.printJson({ organizations: organizations.map(organizationJson) });
      if (organizations.length === 0) return output.note('There is no organization yet.');
      const rows = organizations.map(({ domain, name, active, domainProof, createdAt }) => [
        domain,
        name ?? '-',
        active ? 'active' : 'deactivated',
        domainProof.state,
        instant(createdAt),
      ]);
      output.print(table(['DOMAIN', 'NAME', 'STATE', 'PROOF OF DOMAIN', 'CREATED'], rows));
    });

  withConfigAndJson(noun.command('show <domain>'))
    .description('show one organization with its administrators and key credentials')
    .action(async (domain: string, options: Options) => {
      const { organization, credentials, administrators } = await administer(options, async relay => ({
        organization: await relay.organization(domain),
        credentials: await relay.credentials(domain),
        administrators: await relay.listAdministrators({ organization: domain }),
      }));
      if (options.json) {
        return output.printJson({ ...organizationJson(organization), credentials, administrators });
      }
      const people = administrators.map(({ email, disabledAt }) =>
        disabledAt === null ? email : `${email} (disabled)`,
      );
      const used = credentials.find(credential => credential.inUse);
      const rows: [string, string][] = [
        ...organizationRows(organization),
        ['Administrators', people.join(', ')],
        ['Proxy version', used?.lastVersion ?? ''],
      ];
      const parts = [rows, ...credentials.map(credentialRows)];
      output.print(parts.map(part => listForm(part)).join('\n\n'));
    });

  withConfigAndJson(noun.command('check-domain <domain>'))
    .description('look up the TXT record by which an organization proved its domain')
    .action(async (domain: string, options: Options) => {
      const { organization, proof, deactivated } = await administer(options, relay =>
        relay.checkDomain(domain),
      );
      if (proof.kind === 'unreachable') {
        throw new AppError('dns-unreachable', `no name server could say: ${proof.detail}`, {
          hint: 'check the resolver, or name others in the configuration: dns_servers',
        });
      }
      if (options.json) {
        return output.printJson({ ...organizationJson(organization), proof: proof.kind, deactivated });
      }
      output.print(listForm(organizationRows(organization)));
      if (proof.kind === 'missing') output.warn(proof.detail);
      if (deactivated) output.warn('the time of grace is over: the organization is deactivated now');
    });

  addRelayOrganizationActivity(noun);
}

function printWithCode({ organization, enrolment }: WithCode, { json }: JsonOption): void {
  const code = enrolment.code.reveal();
  if (json) {
    output.printJson({
      ...organizationJson(organization),
      enrolmentCode: code,
      expiresAt: enrolment.expiresAt,
    });
    return;
  }
  output.print(
    listForm([
      ...organizationRows(organization),
      ['Enrolment code', code],
      ['Code valid until', timeText(enrolment.expiresAt)],
    ]),
  );
  output.note(
    'The code is shown this once and works once. The organization’s administrator runs: mailbadge proxy trust connect',
  );
}

const largestQuota = 1_000_000;

function parseQuota(text: string): number | 'default' {
  if (text === 'default') return text;
  const quota = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (quota >= 1 && quota <= largestQuota) return quota;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${largestQuota}, or "default".`);
}

function parseSwitch(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('It is "on" or "off".');
}
