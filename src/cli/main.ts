// The command line: `mailbadge <noun> <verb>`. One file per command in `commands/`, one per noun that gathers them.
// Only the noun that is asked for is loaded: a command of the proxy need not wait for the relay's libraries.

import { Command, CommanderError } from 'commander';
import { version } from '../contract/versions.ts';
import { printFailure } from './output.ts';

type Noun = { description: string; load(): Promise<(noun: Command) => void> };

const nouns: Record<string, Noun> = {
  proxy: {
    description: 'the program on premises, beside the mail server',
    load: async () => (await import('./commands/proxy.ts')).addProxyCommands,
  },
  relay: {
    description: 'the service that delivers, for many organizations',
    load: async () => (await import('./commands/relay.ts')).addRelayCommands,
  },
  simulate: {
    description: 'strict stand-ins for push services and a mail server',
    load: async () => (await import('./commands/simulate.ts')).addSimulateCommands,
  },
  demo: {
    description: 'everything on one machine: relay, proxy, mail server, push services, a phone',
    load: async () => (await import('./commands/demo.ts')).addDemo,
  },
};

const program = new Command('mailbadge')
  .description(
    'Keeps the unseen-mail badge on phones right, for mail servers that organizations run themselves.',
  )
  .version(version)
  .option('--verbose', 'print stack traces', false)
  .exitOverride()
  .showHelpAfterError();

try {
  const asked = process.argv.slice(2).find(argument => !argument.startsWith('-'));
  for (const [name, { description, load }] of Object.entries(nouns)) {
    const noun = program.command(name).description(description);
    if (name === asked) (await load())(noun);
  }
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed its message: help and version end with 0, misuse with 2
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.exitCode = printFailure(error, { verbose: program.opts<{ verbose: boolean }>().verbose });
  }
}
