// mailbadge proxy disable: the original's Disable-PushNotificationProxy. Nothing is published any more; the settings
// and every badge stay as they are.

import type { Command } from 'commander';
import { createProxyAdministration } from '../../../proxy/administration/proxy-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { confirm } from '../../confirm.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { proxyObjectForm } from '../../proxy-object-form.ts';

type Options = ProxyConfigOption & { force: boolean; whatIf: boolean; json: boolean };

const badgesStay = 'Badges stay as they are; organization and URI are kept.';

export function addProxyDisable(proxy: Command): void {
  proxy
    .command('disable')
    .description('publish no more; mailboxes are still watched, and badges stay as they are')
    .option('--force', 'do not ask', false)
    .option('--what-if', 'show what would change, and change nothing', false)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(disable);
}

async function disable(options: Options): Promise<void> {
  const output = processOutput();
  const administration = createProxyAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const before = await administration.object();
  const target = `${before.identity} (Enabled: ${before.enabled ? 'True' : 'False'})`;
  if (options.whatIf) {
    if (options.json) {
      const changes = before.enabled ? [{ property: 'Enabled', from: 'True', to: 'False' }] : [];
      return output.printJson({ whatIf: { changes }, current: before });
    }
    output.print(
      before.enabled
        ? `What if: disabling ${target} would change Enabled from True to False. ${badgesStay}`
        : `What if: disabling ${target} would change nothing.`,
    );
    output.print('');
    output.print(proxyObjectForm(before));
    return;
  }
  if (before.enabled && !options.force) {
    const yes = await confirm(`Disable ${target}? ${badgesStay}`, {
      hint: 'add --force to disable it without asking',
    });
    if (!yes) {
      output.note('Nothing was changed.');
      process.exitCode = 1;
      return;
    }
  }
  const disabled = await administration.disable();
  const after = await administration.object();
  if (options.json) output.printJson(after);
  else output.print(proxyObjectForm(after));
  output.note(disabled ? `Disabled. ${badgesStay}` : 'It was disabled already; nothing was changed.');
}
