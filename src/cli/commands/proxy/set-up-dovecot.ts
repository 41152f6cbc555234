// mailbadge proxy set-up dovecot: prints what Dovecot must be told; with --prove <mailbox>, shows that it works.

import { type Command, Option } from 'commander';
import { createDovecotSetUp } from '../../../proxy/administration/dovecot-set-up.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { Secret } from '../../../runtime/secrets.ts';
import { processOutput } from '../../output.ts';
import { loadProxyConfig, type ProxyConfigOption, proxyConfigOption } from '../../proxy-config.ts';
import { promptSecret, readSecretFile } from '../../secret-prompt.ts';

type Options = ProxyConfigOption & {
  dovecot: '2.3' | '2.4';
  prove?: string;
  passwordFile?: string;
  json: boolean;
};

const passwordVariable = 'MAILBADGE_MAILBOX_PASSWORD';

export function addProxySetUpDovecot(proxy: Command): void {
  proxy
    .command('set-up')
    .description('the mail server’s side')
    .command('dovecot')
    .description('print Dovecot’s configuration; or prove, with one mailbox, that it works')
    .addOption(
      new Option('--dovecot <version>', '2.4 is written from its documentation and never tried')
        .choices(['2.3', '2.4'])
        .default('2.3'),
    )
    .option('--prove <mailbox>', 'sign in as this mailbox, make a change, compare its event and count')
    .option('--password-file <file>', `file with its password (else ${passwordVariable}, else a prompt)`)
    .option('--json', 'print one JSON document, for machines', false)
    .addOption(proxyConfigOption())
    .action(setUp);
}

async function setUp(options: Options): Promise<void> {
  const output = processOutput();
  const dovecot = createDovecotSetUp(loadProxyConfig(options), { fetch, clock: new SystemClock() });
  if (options.prove === undefined) {
    const files = dovecot.configuration(options.dovecot);
    if (options.json) return output.printJson({ files });
    for (const { path, mode, text } of files) output.print(`# ==> ${path} (mode ${mode}) <==\n${text}`);
    output.note('Then: doveadm reload, and prove it: mailbadge proxy set-up dovecot --prove <mailbox>');
    return;
  }
  const proof = await dovecot.prove(options.prove, await mailboxPassword(options));
  if (options.json) return output.printJson(proof);
  output.print(`Signed in as ${options.prove}.`);
  output.print(`Dovecot told the change of "${proof.eventName}" after ${proof.eventMs} ms.`);
  output.print(`The mailbox is "${proof.mailboxId}" here, with ${proof.unseen} unseen, as counted again.`);
  output.print('Complete.');
}

async function mailboxPassword({ passwordFile }: Options): Promise<Secret> {
  if (passwordFile !== undefined) return readSecretFile(passwordFile);
  const fromEnvironment = process.env[passwordVariable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return new Secret(fromEnvironment);
  return promptSecret('Password of the mailbox (not shown): ', {
    hint: `give it with --password-file or in ${passwordVariable}`,
  });
}
