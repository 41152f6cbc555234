// The command line: `mailbadge <noun> <verb>`. One file per command in `commands/`; each adds itself to its noun.

import { Command, CommanderError } from 'commander';
import { version } from '../contract/versions.ts';
import { printFailure } from './output.ts';

const program = new Command('mailbadge')
  .description(
    'Keeps the unseen-mail badge on phones right, for mail servers that organizations run themselves.',
  )
  .version(version)
  .option('--verbose', 'print stack traces', false)
  .exitOverride()
  .showHelpAfterError();

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
