// mailbadge proxy subscription list | end | restore | thaw

import { type Command, Option } from 'commander';
import { openSubscriptionAdministration } from '../../../proxy/administration/subscription-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { durationMs } from '../../duration-option.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { instant, table } from '../../table.ts';

/** Why subscriptions end by themselves, or by somebody's doing. */
const reasons = [
  'target-gone',
  'mailbox-gone',
  'expired',
  'unsubscribed',
  'taken-over',
  'signed-out',
  'device-removed',
] as const;

/** Apps renew when they are opened: who has not been seen for so long will lose the badge. */
const expiringSoonMs = 3 * 86_400_000;

type Common = ProxyConfigOption & { json: boolean };

export function addProxySubscription(proxy: Command): void {
  const subscription = proxy
    .command('subscription')
    .alias('subscriptions')
    .description('which devices show which mailboxes');
  subscription
    .command('list')
    .description('live subscriptions; with --mailbox also those that ended lately')
    .option('--mailbox <name>', 'only those of this mailbox')
    .option('--expiring [within]', 'only those that expire within this time (3d)', durationMs)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(list);
  subscription
    .command('end')
    .description('end one subscription; its icon gets the sum of what is left')
    .argument('<id>', 'as "list" prints it; write "--" before an id that begins with "-"')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(end);
  subscription
    .command('restore')
    .description('undo: bring back the subscriptions that ended for one reason')
    .addOption(new Option('--reason <reason>', 'why they ended').choices(reasons).makeOptionMandatory(true))
    .requiredOption('--since <duration>', 'how far back, such as 2h', durationMs)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(restore);
  subscription
    .command('thaw')
    .description('let subscriptions end by themselves again, after a burst of endings froze them')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(thaw);
}

async function list(options: Common & { mailbox?: string; expiring?: number | true }): Promise<void> {
  const output = processOutput();
  await using administration = await open(options);
  const { mailbox, expiring: within } = options;
  const subscriptions = await administration.list({
    mailbox,
    withinMs: within === true ? expiringSoonMs : within,
  });
  if (options.json) return output.printJson({ subscriptions });
  const rows = subscriptions.map(row => [
    row.id,
    row.mailbox,
    row.appId,
    row.installationId,
    row.count === null ? '-' : String(row.count),
    instant(row.expiresAt),
    row.endedReason ?? '',
  ]);
  output.print(table(['Id', 'Mailbox', 'App', 'Installation', 'Count', 'Expires', 'Ended'], rows));
}

async function end(id: string, options: Common): Promise<void> {
  await using administration = await open(options);
  await administration.end(id);
  if (options.json) processOutput().printJson({ ended: id });
  else processOutput().print(`${id} has ended.`);
}

async function restore(options: Common & { reason: (typeof reasons)[number]; since: number }): Promise<void> {
  await using administration = await open(options);
  const since = new SystemClock().now() - options.since;
  const restored = await administration.restore({ reason: options.reason, since });
  if (options.json) processOutput().printJson({ restored });
  else
    processOutput().print(restored === 1 ? '1 subscription is back.' : `${restored} subscriptions are back.`);
}

async function thaw(options: Common): Promise<void> {
  await using administration = await open(options);
  await administration.thaw();
  if (options.json) processOutput().printJson({ frozen: false });
  else processOutput().print('Subscriptions end by themselves again.');
}

function open(options: ProxyConfigOption) {
  return openSubscriptionAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
}
