// Starts the command line: reads the arguments, runs the command, turns what it throws into words and an exit status.

import { CommanderError } from 'commander';
import { printFailure } from './output.ts';
import { createProgram } from './program.ts';

const words = process.argv.slice(2);
const program = await createProgram({ wanted: word => words.includes(word) });
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
