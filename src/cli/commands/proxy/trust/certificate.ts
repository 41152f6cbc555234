// mailbadge proxy trust certificate list | show | export | use | stage | publish | clear-previous: the original's
// Get- and Set-AuthConfig. Whatever could be an outage asks first, or wants --force.

import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import {
  type CertificateAdministration,
  createCertificateAdministration,
  type RoleChange,
} from '../../../../proxy/administration/certificate-administration.ts';
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
import { confirm } from '../../../confirm.ts';
import { listForm, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';
import { instant, table } from '../../../table.ts';

type Options = ProxyConfigOption & { json: boolean };
type ForceOption = { force: boolean };
type StageOptions = Options &
  ForceOption &
  NewCertificateOptions &
  ImportOptions & { effective?: string; new: boolean; clear: boolean };
type Listed = Awaited<ReturnType<CertificateAdministration['show']>>;

const output = processOutput();

export function addProxyTrustCertificate(trust: Command): void {
  const noun = trust
    .command('certificate')
    .description('the certificates that this proxy signs with: previous, current, next');
  const verb = (text: string, description: string): Command =>
    noun
      .command(text)
      .description(description)
      .option('--json', 'print one JSON document, for machines', false)
      .addOption(proxyConfigOption());
  const asking = (command: Command): Command =>
    command.option('--force', 'do not ask, whatever the consequences', false);

  verb('list', 'list the certificates, the current one first').action(list);
  verb('show <thumbprint>', 'show one certificate').action(async (thumbprint: string, options: Options) =>
    print(await administration(options).show(thumbprint), options),
  );
  verb('export [thumbprint]', 'write the public part of the current certificate, or of another, as DER')
    .option('--export-to <file>', 'where it goes (default: OAuthCert.cer beside the database)')
    .action(exportOne);
  asking(verb('use <thumbprint>', 'sign with another certificate from now on')).action(
    async (thumbprint: string, options: Options & ForceOption) =>
      tell(await administration(options).use(thumbprint, confirmation(options)), options),
  );
  asking(verb('stage [thumbprint]', 'make a certificate the next one, from a date on'))
    .option('--effective <instant>', 'from when on it signs, UTC, such as 2030-01-31T22:00:00Z')
    .option('--new', 'stage a new certificate', false)
    .addOption(keyOption())
    .addOption(lifetimeOption())
    .addOption(importOption())
    .addOption(importPasswordOption())
    .option('--clear', 'stage none: there shall be no next certificate', false)
    .action(stage);
  asking(verb('publish', 'sign with the next certificate from now on'))
    .option('--clear-previous', 'forget the one before at once', false)
    .action(async (options: Options & ForceOption & { clearPrevious: boolean }) =>
      tell(await administration(options).publish(options, confirmation(options)), options),
    );
  verb('clear-previous', 'forget the previous certificate').action(async (options: Options) =>
    tell(await administration(options).clearPrevious(), options),
  );
}

async function list(options: Options): Promise<void> {
  const certificates = await administration(options).list();
  if (options.json) return output.printJson({ certificates });
  if (certificates.length === 0) {
    return output.note('There is no certificate yet: run "mailbadge proxy trust set-up".');
  }
  output.print(
    table(
      ['Thumbprint', 'Role', 'Key', 'Ends', 'Effective', 'At the relay since', 'Fault'],
      certificates.map(each => [
        each.thumbprint,
        each.role ?? '',
        each.key,
        instant(each.notAfter),
        instant(each.effectiveAt),
        instant(each.registeredAt),
        each.fault ?? '',
      ]),
    ),
  );
}

async function exportOne(
  thumbprint: string | undefined,
  options: Options & { exportTo?: string },
): Promise<void> {
  const config = loadProxyConfig(options);
  const path = options.exportTo ?? join(dirname(config.database.path), 'OAuthCert.cer');
  const exported = await administration(options).export(thumbprint, path);
  if (options.json) return output.printJson({ thumbprint: exported.thumbprint, exportedTo: path });
  output.print('Exporting certificate...');
  output.note(`The public certificate ${exported.thumbprint} is in ${path}`);
}

async function stage(thumbprint: string | undefined, options: StageOptions): Promise<void> {
  const file = importFrom(options);
  const sources = [thumbprint !== undefined, options.new, file !== undefined, options.clear];
  if (sources.filter(Boolean).length !== 1) {
    throw new AppError('usage', 'stage takes one of: a thumbprint, --new, --import, --clear', {
      hint: 'such as: stage --new --effective 2030-01-31T22:00:00Z',
    });
  }
  const certificates = administration(options);
  const ask = confirmation(options);
  const { effective, key: keyKind, lifetime: lifetimeMs } = options;
  if (options.clear || thumbprint?.trim() === '') {
    if (effective !== undefined) {
      throw new AppError('usage', '--clear takes no effective date', { hint: 'leave out --effective' });
    }
    return tell(await certificates.clearNext(ask), options);
  }
  if (effective === undefined) {
    throw new AppError('usage', 'a certificate to stage and its effective date are given together', {
      hint: 'add --effective, in UTC, best 48 hours ahead, such as 2030-01-31T22:00:00Z',
    });
  }
  if (thumbprint !== undefined) {
    return tell(await certificates.stage({ from: 'stored', reference: thumbprint }, effective, ask), options);
  }
  const source =
    file === undefined ? ({ from: 'new', keyKind, lifetimeMs } as const) : ({ from: 'file', file } as const);
  tell(await certificates.stage(source, effective, ask), options);
}

function administration(options: ProxyConfigOption): CertificateAdministration {
  return createCertificateAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
}

function confirmation({ force }: ForceOption) {
  return async (questions: string[]): Promise<boolean> => {
    for (const question of questions) output.warn(question);
    return force || confirm('Go on?', { hint: 'add --force to do it without being asked' });
  };
}

function tell(change: RoleChange, options: Options): void {
  for (const warning of change.warnings) output.warn(warning);
  if (options.json) output.printJson(change);
  else {
    output.print(
      listForm([
        ['CurrentCertificateThumbprint', change.current ?? ''],
        ['PreviousCertificateThumbprint', change.previous ?? ''],
        ['NextCertificateThumbprint', change.next ?? ''],
        ['NextCertificateEffectiveDate', change.next === null ? '' : instant(change.nextEffectiveAt)],
      ]),
    );
  }
  if (change.outcome === 'unchanged') output.note(`Nothing was changed: ${change.because}.`);
  if (change.outcome === 'declined') {
    output.note('Nothing was changed.');
    process.exitCode = 1;
  }
}

function print(certificate: Listed, options: Options): void {
  if (options.json) {
    output.printJson(certificate);
    return;
  }
  output.print(
    listForm([
      ['Thumbprint', certificate.thumbprint],
      ['KeyId', certificate.keyId],
      ['FriendlyName', certificate.friendlyName],
      ['Subject', certificate.subject],
      ['Domains', certificate.domains.join(', ')],
      ['Key', certificate.key],
      ['Role', certificate.role ?? ''],
      ['NotBeforeUTC', instant(certificate.notBefore)],
      ['NotAfterUTC', instant(certificate.notAfter)],
      ['EffectiveDateUTC', instant(certificate.effectiveAt)],
      ['WhenRegisteredUTC', instant(certificate.registeredAt)],
      ['CredentialEndsUTC', instant(certificate.credentialEndsAt)],
      ['Fault', certificate.fault ?? ''],
    ]),
  );
}
