// mailbadge proxy trust credential list | remove: the key credentials that the relay holds for this organization, as
// the relay tells of them: which one is in use, when, from where and by which version it was last used.

import type { Command } from 'commander';
import {
  createCertificateAdministration,
  type ListedCredential,
} from '../../../../proxy/administration/certificate-administration.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { systemRandom } from '../../../../runtime/random.ts';
import { confirm } from '../../../confirm.ts';
import { listForm, processOutput } from '../../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../../proxy-config.ts';
import { instant } from '../../../table.ts';

type Options = ProxyConfigOption & { json: boolean };

const output = processOutput();

export function addProxyTrustCredential(trust: Command): void {
  const noun = trust.command('credential').description('the key credentials at the relay');
  noun
    .command('list')
    .description('list them: dates, which one is in use, and when each was last used')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(list);
  noun
    .command('remove <thumbprint>')
    .description('remove one from the relay, for good; its tokens end within seconds')
    .option('--force', 'do not ask, whatever the consequences', false)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(remove);
}

async function list(options: Options): Promise<void> {
  const credentials = await administration(options).credentials();
  if (options.json) return output.printJson({ credentials });
  output.print(credentials.map(each => listForm(rows(each))).join('\n\n'));
}

async function remove(thumbprint: string, options: Options & { force: boolean }): Promise<void> {
  const removed = await administration(options).removeCredential(thumbprint, async questions => {
    for (const question of questions) output.warn(question);
    return options.force || confirm('Go on?', { hint: 'add --force to do it without being asked' });
  });
  if (options.json) output.printJson({ removed });
  else output.print(removed ? 'Complete.' : 'Nothing was changed.');
  if (!removed) process.exitCode = 1;
}

function administration(options: ProxyConfigOption) {
  return createCertificateAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
}

function rows(credential: ListedCredential): [string, string][] {
  return [
    ['Thumbprint', credential.thumbprint],
    ['KeyId', credential.keyId],
    ['Type', credential.type],
    ['Usage', credential.usage],
    ['StartDateUTC', instant(credential.startAt)],
    ['EndDateUTC', instant(credential.endAt)],
    ['WhenRegisteredUTC', instant(credential.registeredAt)],
    ['RegisteredBy', credential.registeredBy ?? ''],
    ['InUse', credential.inUse ? 'True' : 'False'],
    ['WhenLastUsedUTC', instant(credential.lastUsedAt)],
    ['LastUsedVersion', credential.lastVersion ?? ''],
    ['LastUsedAddress', credential.lastAddress ?? ''],
    ['WhenRevokedUTC', instant(credential.revokedAt)],
    ['ThisProxy', credential.signsHere ? 'signs with it' : credential.here ? 'has its key' : 'has it not'],
  ];
}
