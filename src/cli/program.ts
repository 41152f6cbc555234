// The tree of commands: `mailbadge <noun> <verb>`. One file per command in `commands/`, one per noun that gathers them.
// Only the nouns that are asked for are loaded: a command of the proxy need not wait for the relay's libraries.

import { Command } from 'commander';
import { version } from '../contract/versions.ts';
import type { Wanted } from './verbs.ts';

type Noun = { description: string; load(): Promise<(noun: Command, wanted: Wanted) => void | Promise<void>> };

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

/** Every noun is in it; of those that are wanted, the commands that are. */
export async function createProgram({ wanted }: { wanted: Wanted }): Promise<Command> {
  const program = new Command('mailbadge')
    .description(
      'Keeps the unseen-mail badge on phones right, for mail servers that organizations run themselves.',
    )
    .version(version)
    .option('--verbose', 'print stack traces', false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) });
  for (const [name, { description, load }] of Object.entries(nouns)) {
    const noun = program.command(name).description(description);
    if (wanted(name)) await (await load())(noun, wanted);
  }
  return program;
}

/** With what to do. A key's id is a hash in base64url, and one in 64 begins with a hyphen. */
function inOurWords(text: string): string {
  const id = /unknown option '(-[\w-]{20,})'/.exec(text)?.[1];
  const hint =
    id === undefined
      ? 'add --help to see what the command takes'
      : `an id that begins with a hyphen comes last, after two: -- ${id}`;
  return `mailbadge: ${text.replace('\n(Did', ' (Did')}mailbadge: hint: ${hint}\n`;
}
