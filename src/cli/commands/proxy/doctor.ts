// mailbadge proxy doctor: what is wrong, and its first cause. Exit status 1 when a check failed.

import type { Command } from 'commander';
import { type CheckResult, examine } from '../../../proxy/administration/doctor/doctor.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { processOutput } from '../../output.ts';
import { printable } from '../../printable.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';

const marks: Record<CheckResult['outcome'], string> = {
  ok: 'ok',
  warning: 'warn',
  failed: 'FAIL',
  skipped: 'skip',
};

export function addProxyDoctor(proxy: Command): void {
  proxy
    .command('doctor')
    .description(
      'check everything from the configuration to the devices, and name the first cause of what is wrong',
    )
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(doctor);
}

async function doctor(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  const diagnosis = await examine(() => loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
    fetch,
  });
  const { checks, firstCause } = diagnosis;
  if (firstCause !== null) process.exitCode = 1;
  if (options.json) return output.printJson(diagnosis);
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, outcome, detail, hint } of checks) {
    output.print(printable(`${marks[outcome].padEnd(4)}  ${name.padEnd(width)}  ${detail}`));
    if (outcome === 'warning' && hint !== null) output.print(`${' '.repeat(width + 8)}${printable(hint)}`);
  }
  output.print('');
  if (firstCause === null) {
    output.print(
      checks.some(({ outcome }) => outcome === 'warning')
        ? 'Badges can flow; see the warnings.'
        : 'All is well.',
    );
    return;
  }
  output.print(`First cause: ${firstCause.name}: ${printable(firstCause.detail)}`);
  if (firstCause.hint !== null) output.print(`Remedy: ${printable(firstCause.hint)}`);
}
