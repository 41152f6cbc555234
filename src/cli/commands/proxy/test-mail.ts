// mailbadge proxy test-mail: sends a marked message and prints each stage of its way to the badge.

import { type Command, Option } from 'commander';
import {
  type Stage,
  type TestMailRequest,
  testMail,
} from '../../../proxy/administration/test-mail/test-mail.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { durationMs } from '../../duration-option.ts';
import { processOutput } from '../../output.ts';
import { printable } from '../../printable.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { promptSecret, readSecretFile } from '../../secret-prompt.ts';

type Options = ProxyConfigOption & {
  smtp?: string;
  lmtp?: string;
  smtpUser?: string;
  passwordFile?: string;
  from?: string;
  to?: string;
  waitForReport: boolean;
  timeout: number;
  json: boolean;
};

const passwordVariable = 'MAILBADGE_SMTP_PASSWORD';

export function addProxyTestMail(proxy: Command): void {
  proxy
    .command('test-mail')
    .description('send a test message to a mailbox, and follow it to the badge')
    .argument('<user>', 'a mailbox that somebody has signed in to')
    .option('--smtp <host:port>', 'hand it over by SMTP (port 465: TLS; else STARTTLS, but on this machine)')
    .addOption(new Option('--lmtp <host:port or socket>', 'hand it over by LMTP').conflicts('smtp'))
    .option('--smtp-user <name>', 'sign in at the SMTP server')
    .option('--password-file <file>', `file with its password (else ${passwordVariable}, else a prompt)`)
    .option('--from <address>', 'the sender (else mailbadge-test@ and the organization’s domain)')
    .option('--to <address>', 'the recipient, where it is not the mailbox’s name')
    .option('--wait-for-report', 'wait until every device has reported its badge, too: open the app', false)
    .option('--timeout <duration>', 'how long to follow it', durationMs, 120_000)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(run);
}

async function run(user: string, options: Options): Promise<void> {
  const output = processOutput();
  const print = (line: string): void => {
    if (!options.json) output.print(printable(line));
  };
  const result = await testMail(
    loadProxyConfig(options),
    {
      user,
      via: await via(options),
      from: options.from,
      to: options.to,
      goal: options.waitForReport ? 'reported' : 'accepted',
      timeoutMs: options.timeout,
    },
    { clock: new SystemClock(), random: systemRandom },
    {
      onSent: ({ to, via: where, subject }) => print(`To ${to} by ${where}: "${subject}"`),
      onStage: stage => print(`${`${stage.ms} ms`.padStart(10)}  ${words(stage)}`),
    },
  );
  if (options.json) output.printJson({ ...result, messageLeft: true });
  for (const icon of result.paused)
    output.warn(`the icon ${icon} is paused and gets no badge: mailbadge proxy why ${icon}`);
  output.note(`The message was left in the mailbox of ${result.mailbox}.`);
  const { diagnosis } = result;
  if (diagnosis !== null) {
    const where = diagnosis.iconId === null ? '' : ` on icon ${diagnosis.iconId}`;
    throw new AppError(
      'test-mail-failed',
      `it stopped before it was ${stopWords[diagnosis.stoppedBefore]}${where}: ${diagnosis.cause}`,
      { hint: diagnosis.next },
    );
  }
  print('Complete.');
}

const stopWords: Record<Stage['stage'], string> = {
  sent: 'sent',
  seen: 'seen',
  counted: 'counted',
  wanted: 'wanted',
  published: 'published',
  accepted: 'accepted by the provider',
  reported: 'reported by the device',
};

function words({ stage, iconId, detail }: Stage): string {
  switch (stage) {
    case 'sent':
      return `accepted by the mail server (${detail})`;
    case 'seen':
      return `change of the mailbox seen (${detail})`;
    case 'counted':
      return `counted: ${detail}`;
    case 'wanted':
      return `wanted on icon ${iconId}: ${detail}`;
    case 'published':
      return `published for icon ${iconId}: ${detail}`;
    case 'accepted':
      return `accepted for icon ${iconId} by ${detail}`;
    case 'reported':
      return `reported by icon ${iconId}: ${detail}`;
  }
}

async function via({ smtp, lmtp, ...options }: Options): Promise<TestMailRequest['via']> {
  if (lmtp !== undefined) return { lmtp };
  if (smtp === undefined) return undefined;
  const { smtpUser: user } = options;
  return { smtp, login: user === undefined ? undefined : { user, password: await password(options) } };
}

async function password({ passwordFile }: Pick<Options, 'passwordFile'>): Promise<Secret> {
  if (passwordFile !== undefined) return readSecretFile(passwordFile);
  const fromEnvironment = process.env[passwordVariable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return new Secret(fromEnvironment);
  return promptSecret('Password for the SMTP server (not shown): ', {
    hint: `give it with --password-file or in ${passwordVariable}`,
  });
}
