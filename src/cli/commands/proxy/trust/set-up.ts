// mailbadge proxy trust set-up: the original's step 1, with its lines.

import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { organizationDomainSchema } from '../../../../contract/identifiers.ts';
import { createTrustAdministration } from '../../../../proxy/administration/trust-administration.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { systemRandom } from '../../../../runtime/random.ts';
import {
  type ImportOptions,
  importFrom,
  importOption,
  importPasswordOption,
  keyOption,
  lifetimeOption,
  type NewCertificateOptions,
} from '../../../certificate-options.ts';
import { type Output, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';

type Options = ProxyConfigOption & {
  organization: string;
  relay: string;
  exportTo?: string;
  newCertificate: boolean;
  json: boolean;
} & NewCertificateOptions &
  ImportOptions;
type Step = Parameters<Parameters<ReturnType<typeof createTrustAdministration>['setUp']>[1]>[0];

export function addProxyTrustSetUp(trust: Command): void {
  trust
    .command('set-up')
    .description('find or make the certificate, export it, and pin the relay; safe to run again')
    .requiredOption('--organization <domain>', 'the domain of your organization, such as fabrikam.com')
    .requiredOption('--relay <url>', 'the relay, such as https://relay.example.com')
    .option(
      '--export-to <file>',
      'where the public certificate goes (default: OAuthCert.cer beside the database)',
    )
    .option('--new-certificate', 'make a new certificate although a usable one exists', false)
    .addOption(keyOption())
    .addOption(lifetimeOption())
    .addOption(importOption())
    .addOption(importPasswordOption())
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(setUp);
}

async function setUp(options: Options): Promise<void> {
  const output = processOutput();
  if (options.newCertificate && options.import !== undefined) {
    throw new AppError('usage', '--new-certificate and --import exclude each other', {
      hint: 'give one of the two',
    });
  }
  const config = loadProxyConfig(options);
  const organization = organizationDomainSchema.safeParse(options.organization);
  if (!organization.success) {
    throw new AppError('domain-invalid', `"${options.organization}" is not a domain`, {
      hint: 'give your organization’s mail domain, such as fabrikam.com',
    });
  }
  const exportTo = options.exportTo ?? join(dirname(config.database.path), 'OAuthCert.cer');
  const administration = createTrustAdministration(config, {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const steps: Step[] = [];
  await administration.setUp(
    {
      organization: organization.data,
      relayUrl: options.relay,
      exportTo,
      newCertificate: options.newCertificate,
      keyKind: options.key,
      lifetimeMs: options.lifetime,
      importFrom: importFrom(options),
    },
    step => {
      steps.push(step);
      if (!options.json) printStep(step, output);
    },
  );
  if (options.json) output.printJson(summary(organization.data, steps));
}

function printStep(step: Step, output: Output): void {
  switch (step.step) {
    case 'certificate-left-aside':
      output.warn(`the certificate ${step.thumbprint} ${step.because}`);
      break;
    case 'creating-certificate':
      output.print('Creating certificate for oAuth...');
      break;
    case 'importing-certificate':
      output.print('Importing certificate...');
      break;
    case 'certificate-configured':
      output.print(`Configured Certificate Thumbprint is: ${step.thumbprint}`);
      break;
    case 'exporting-certificate':
      output.print('Exporting certificate...');
      output.note(`The public certificate is in ${step.path}`);
      break;
    case 'relay-pinned':
      printRelayChange(step.change, output);
      break;
    case 'complete':
      output.print('Complete.');
      if (!step.registered) {
        output.note('The relay does not know this certificate yet: run "mailbadge proxy trust connect".');
      }
      break;
  }
}

function printRelayChange(change: Extract<Step, { step: 'relay-pinned' }>['change'], output: Output): void {
  switch (change) {
    case 'created':
      output.print('Creating AuthServer Config...');
      break;
    case 'url-updated':
      output.warn(
        "AuthServer config already exists but the AuthMetadataUrl doesn't match the appropriate value. Updating...",
      );
      break;
    case 'identity-updated':
      output.warn('AuthServer config already exists but the relay now calls itself otherwise. Updating...');
      break;
    case 'unchanged':
      output.print('AuthServer Config already exists.');
      break;
  }
}

function summary(organization: string, steps: Step[]): Record<string, unknown> {
  const find = <S extends Step['step']>(name: S) =>
    steps.find((step): step is Extract<Step, { step: S }> => step.step === name);
  return {
    organization,
    certificateCreated: find('creating-certificate') !== undefined,
    certificateImported: find('importing-certificate') !== undefined,
    thumbprint: find('certificate-configured')?.thumbprint,
    exportedTo: find('exporting-certificate')?.path,
    authServer: find('relay-pinned')?.change,
    registered: find('complete')?.registered,
    leftAside: steps
      .filter(step => step.step === 'certificate-left-aside')
      .map(({ thumbprint, because }) => ({ thumbprint, because })),
  };
}
