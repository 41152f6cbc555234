// mailbadge proxy mailbox list

import type { Command } from 'commander';
import { openSubscriptionAdministration } from '../../../proxy/administration/subscription-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { instant, table } from '../../table.ts';

export function addProxyMailbox(proxy: Command): void {
  const mailbox = proxy
    .command('mailbox')
    .alias('mailboxes')
    .description('the mailboxes that somebody has signed in to');
  mailbox
    .command('list')
    .description('how each stands: state, unseen count, last event')
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(list);
}

async function list(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  await using administration = await openSubscriptionAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
  const mailboxes = await administration.listMailboxes();
  if (options.json) return output.printJson({ mailboxes });
  const rows = mailboxes.map(row => [
    row.mailbox,
    row.state,
    row.unseen === null ? '-' : String(row.unseen),
    instant(row.countedAt),
    `${instant(row.lastEventAt)}${row.lastEventCause === null ? '' : ` (${row.lastEventCause})`}`,
    String(row.subscriptions),
    row.detail ?? '',
  ]);
  output.print(
    table(['Mailbox', 'State', 'Unseen', 'Counted', 'Last event', 'Subscriptions', 'Detail'], rows),
  );
}
