// The tree of commands: `mailbadge <noun> <verb>`. One file per command in `commands/`, one per noun that gathers them.
// Only the nouns that are asked for are loaded: a command of the proxy need not wait for the relay's libraries.

import { Command } from 'commander';
import { version } from '../contract/versions.ts';

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

/** Every noun is in it; those for which `wanted` says so have their commands, too. */
export async function createProgram({ wanted }: { wanted(noun: string): boolean }): Promise<Command> {
  const program = new Command('mailbadge')
    .description(
      'Keeps the unseen-mail badge on phones right, for mail servers that organizations run themselves.',
    )
    .version(version)
    .option('--verbose', 'print stack traces', false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`mailbadge: ${text}`) })
    .showHelpAfterError('mailbadge: hint: add --help to see what the command takes');
  for (const [name, { description, load }] of Object.entries(nouns)) {
    const noun = program.command(name).description(description);
    if (wanted(name)) (await load())(noun);
  }
  return program;
}
