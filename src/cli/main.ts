// Starts the command line: reads the arguments, runs the command, turns what it throws into words and an exit status.

import { CommanderError } from 'commander';
import { printError, printFailure } from './output.ts';
import { createProgram } from './program.ts';
import { watchStandardStreams } from './standard-streams.ts';

watchStandardStreams();
const words = process.argv.slice(2);
const program = await createProgram({ wanted: word => words.includes(word) });
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed its message: help and version end with 0, misuse with 2
    if (error.code === 'commander.help' && error.exitCode !== 0) {
      printError('a command is missing', 'name one of the commands above; add --help to see what it takes');
    }
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.exitCode = printFailure(error, { verbose: program.opts<{ verbose: boolean }>().verbose });
  }
}
