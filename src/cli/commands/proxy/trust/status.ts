// mailbadge proxy trust status: what is configured, and whether the relay gives a token for it right now.

import type { Command } from 'commander';
import { createTrustAdministration } from '../../../../proxy/administration/trust-administration.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { systemRandom } from '../../../../runtime/random.ts';
import { listForm, type Output, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';
import { instant } from '../../../table.ts';

type Status = Awaited<ReturnType<ReturnType<typeof createTrustAdministration>['status']>>;

export function addProxyTrustStatus(trust: Command): void {
  trust
    .command('status')
    .description('show certificates and connection, and try to get a token; fails when there is none')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(status);
}

async function status(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  const administration = createTrustAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const found = await administration.status();
  if (options.json) output.printJson(found);
  else printStatus(found, output);
  warn(found, output);
  for (const { message, hint } of found.versionSkews) output.warn(`${message}: ${hint}`);
  if (found.failure !== null) {
    const { code, message, hint } = found.failure;
    throw new AppError(code, message, { hint });
  }
}

function printStatus(found: Status, output: Output): void {
  const { failure, clockAheadMs } = found;
  output.print(
    listForm([
      ['Organization', found.organization ?? ''],
      ['Relay', found.relayUrl ?? ''],
      ['RelayVersion', found.relayVersion ?? ''],
      ['Issuer', found.issuer ?? ''],
      ['AuthServer', found.authServer ?? ''],
      ['Realm', found.realm ?? ''],
      ['ApplicationId', found.applicationId ?? ''],
      ['Connected', failure === null ? 'True' : 'False'],
      ['WhenConnectedUTC', utc(found.connectedAt)],
      ['ClockAhead', clockAheadMs === null ? '' : `${(clockAheadMs / 1000).toFixed(1)} s`],
    ]),
  );
  for (const certificate of found.certificates) {
    output.print('');
    output.print(
      listForm([
        ['Thumbprint', certificate.thumbprint],
        ['KeyId', certificate.keyId],
        ['Subject', certificate.subject],
        ['Role', certificate.role ?? ''],
        ['NotBeforeUTC', utc(certificate.notBefore)],
        ['NotAfterUTC', utc(certificate.notAfter)],
        ['EffectiveDateUTC', utc(certificate.effectiveAt)],
        ['WhenRegisteredUTC', utc(certificate.registeredAt)],
        ['CredentialEndsUTC', utc(certificate.credentialEndsAt)],
        ['Fault', certificate.fault ?? ''],
      ]),
    );
  }
}

function warn({ endingSoon, rotationFailure }: Status, output: Output): void {
  for (const { what, role, endsAt, daysLeft } of endingSoon) {
    const end = daysLeft < 0 ? 'has ended' : `ends in ${daysLeft} days`;
    output.warn(`the ${role} ${what === 'credential' ? 'key credential' : what} ${end}, ${utc(endsAt)}`);
  }
  if (rotationFailure === null) return;
  const { message, hint, retryAt } = rotationFailure;
  output.warn(
    `the running proxy cannot rotate its certificates: ${message} (${hint}); it tries again at ${utc(retryAt)}`,
  );
}

function utc(at: number | null): string {
  return at === null ? '' : instant(at);
}
