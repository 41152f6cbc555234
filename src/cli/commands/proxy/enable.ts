// mailbadge proxy enable: the original's step 3, Enable-PushNotificationProxy. A running proxy publishes at once.

import type { Command } from 'commander';
import {
  createProxyAdministration,
  type EnablePlan,
} from '../../../proxy/administration/proxy-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { type Output, processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { proxyObjectForm } from '../../proxy-object-form.ts';

type Options = ProxyConfigOption & { organization?: string; uri?: string; whatIf: boolean; json: boolean };

export function addProxyEnable(proxy: Command): void {
  proxy
    .command('enable')
    .description('publish badges; what is not given stays as it was')
    .option('--organization <domain>', 'the organization that trust was set up for')
    .option('--uri <url>', 'the relay that trust was set up with')
    .option('--what-if', 'show what would change, and change nothing', false)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(enable);
}

async function enable(options: Options): Promise<void> {
  const output = processOutput();
  const administration = createProxyAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const plan = await administration.planEnable(options);
  if (options.whatIf) {
    whatIf(plan, output, options);
    return;
  }
  await administration.enable(plan);
  for (const { message, hint } of plan.warnings) {
    output.warn(`enabled, but no badge goes out for now: ${message} (${hint})`);
  }
  if (options.json) output.printJson(plan.after);
  else output.print(proxyObjectForm(plan.after));
}

function whatIf(
  { before, changes, missing, warnings }: EnablePlan,
  output: Output,
  { json }: { json: boolean },
): void {
  if (json) {
    output.printJson({ whatIf: { changes, missing, warnings }, current: before });
    return;
  }
  const target = `${before.identity} (Enabled: ${before.enabled ? 'True' : 'False'})`;
  for (const { message, hint } of missing) output.warn(`enabling would fail: ${message} (${hint})`);
  for (const { message, hint } of warnings) output.warn(`${message} (${hint})`);
  if (changes.length === 0) output.print(`What if: enabling ${target} would change nothing.`);
  for (const { property, from, to } of changes) {
    output.print(`What if: enabling ${target} would change ${property} from ${from} to ${to}.`);
  }
  output.print('');
  output.print(proxyObjectForm(before));
}
