// mailbadge proxy mailbox list | sign-out

import type { Command } from 'commander';
import { openSubscriptionAdministration } from '../../../proxy/administration/subscription-administration.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { confirm } from '../../confirm.ts';
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
  mailbox
    .command('sign-out')
    .argument('<mailbox>', 'the mailbox, such as anna@fabrikam.com')
    .description(
      'sign all its devices out and end their badges: a lost phone, a new password, a person who left',
    )
    .option('--force', 'do not ask', false)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(signOut);
}

async function signOut(
  mailbox: string,
  options: ProxyConfigOption & { force: boolean; json: boolean },
): Promise<void> {
  const output = processOutput();
  const question = `Sign all devices of ${mailbox} out? Their badges end; only a new sign-in brings them back.`;
  const hint = 'add --force to do it without being asked';
  if (!options.force && !(await confirm(question, { hint }))) return output.note('Nothing was changed.');
  await using administration = await open(options);
  const done = await administration.signOutMailbox(mailbox);
  if (options.json) return output.printJson(done);
  output.print(
    `${done.mailbox}: ${counted(done.sessions, 'device')} signed out, ${counted(done.subscriptions, 'badge')} ended.`,
  );
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function open(options: ProxyConfigOption) {
  return openSubscriptionAdministration(loadProxyConfig(options), {
    clock: new SystemClock(),
    random: systemRandom,
  });
}

async function list(options: ProxyConfigOption & { json: boolean }): Promise<void> {
  const output = processOutput();
  await using administration = await open(options);
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
