// mailbadge proxy probe: the original's Invoke-MonitoringProbe, piped to fl ResultType, Error, Exception. A running
// proxy does it, with its own session and tokens.

import type { Command } from 'commander';
import { type Probe, probe } from '../../../proxy/administration/probe-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { durationMs } from '../../duration-option.ts';
import { listForm, processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';

type Options = ProxyConfigOption & { node?: string; device?: string; timeout: number; json: boolean };

export function addProxyProbe(proxy: Command): void {
  proxy
    .command('probe')
    .description(
      'send a notification marked as monitoring: does the way to the relay work, in both directions?',
    )
    .option('--node <name>', 'the node that does it (else the one that runs longest)')
    .option('--device <icon>', 'through to this icon’s device: publishes its present badge once more')
    .option('--timeout <duration>', 'how long to wait for the result', durationMs, 60_000)
    .option('--json', 'print one JSON document, for machines: every stage with its time', false)
    .addOption(proxyConfigOption())
    .action(run);
}

async function run(options: Options): Promise<void> {
  const output = processOutput();
  const result = await probe(
    loadProxyConfig(options),
    { node: options.node, iconId: options.device, timeoutMs: options.timeout },
    { clock: new SystemClock(), random: systemRandom },
  );
  if (options.json) output.printJson(result);
  else {
    output.print(
      listForm([
        ['ResultType', result.resultType ?? ''],
        ['Error', errorText(result)],
        ['Exception', result.exception],
      ]),
    );
  }
  if (result.resultType === 'Succeeded') return;
  throw new AppError(
    'probe-failed',
    `the probe of ${result.node} ended as ${result.resultType}: ${errorText(result)}`,
    {
      ...(result.remedy === null ? {} : { hint: result.remedy }),
    },
  );
}

/** The class first: it tells where to look. */
function errorText({ failureClass, error }: Probe): string {
  return failureClass === null ? error : `${failureClass}: ${error}`;
}
