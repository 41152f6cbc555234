// The command line: `mailbadge <noun> <verb>`. One file per command in `commands/`; each adds itself to its noun.

import { Command, CommanderError } from 'commander';
import { version } from '../contract/versions.ts';
import { addProxyConfig } from './commands/proxy-config.ts';
import { addProxyTrustConnect } from './commands/proxy-trust-connect.ts';
import { addProxyTrustSetUp } from './commands/proxy-trust-set-up.ts';
import { addProxyTrustStatus } from './commands/proxy-trust-status.ts';
import { addRelayCommands } from './commands/relay.ts';
import { printFailure } from './output.ts';

const program = new Command('mailbadge')
  .description(
    'Keeps the unseen-mail badge on phones right, for mail servers that organizations run themselves.',
  )
  .version(version)
  .option('--verbose', 'print stack traces', false)
  .exitOverride()
  .showHelpAfterError();

const proxy = program.command('proxy').description('the program on premises, beside the mail server');
addProxyConfig(proxy);
const proxyTrust = proxy.command('trust').description('the certificate and the connection to a relay');
addProxyTrustSetUp(proxyTrust);
addProxyTrustConnect(proxyTrust);
addProxyTrustStatus(proxyTrust);
addRelayCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed its message: help and version end with 0, misuse with 2
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.exitCode = printFailure(error, { verbose: program.opts<{ verbose: boolean }>().verbose });
  }
}
