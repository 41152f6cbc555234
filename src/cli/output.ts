// How the command line speaks: data on stdout, messages on stderr, `mailbadge: error: …` and `mailbadge: hint: …`.
// Whatever is printed may hold words from outside; none of them reaches the terminal as a command to it.
// Exit status 1: it failed; 2: it was misused; 3: another process has taken over, and this one must not start again.

import { AppError, describeError } from '../runtime/errors.ts';
import { printableJson } from '../runtime/printable-json.ts';
import { printableLines } from './printable.ts';

export type Output = {
  /** Data, for people or pipes. */
  print(line: string): void;
  /** One JSON document, for machines. */
  printJson(value: unknown): void;
  /** What is going on, on stderr. */
  note(line: string): void;
  warn(line: string): void;
};

export function processOutput(): Output {
  return {
    print: line => void process.stdout.write(`${printableLines(line)}\n`),
    printJson: value => void process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`),
    note: line => void process.stderr.write(`${printableLines(line)}\n`),
    warn: line => void process.stderr.write(`mailbadge: warning: ${printableLines(line)}\n`),
  };
}

export function printError(message: string, hint: string | undefined): void {
  process.stderr.write(`mailbadge: error: ${printableLines(message)}\n`);
  if (hint !== undefined) process.stderr.write(`mailbadge: hint: ${printableLines(hint)}\n`);
}

/** Prints what went wrong and returns the exit status. */
export function printFailure(error: unknown, { verbose }: { verbose: boolean }): number {
  if (error instanceof AppError) printError(error.message, error.hint);
  else
    printError(describeError(error), 'this is a defect; run again with --verbose and report what it prints');
  if (verbose && error instanceof Error) {
    process.stderr.write(`${printableLines(error.stack ?? '')}\n`);
    if (error.cause !== undefined) {
      process.stderr.write(`caused by: ${printableLines(describeError(error.cause))}\n`);
    }
  }
  if (!(error instanceof AppError)) return 1;
  return error.code === 'usage' ? 2 : error.code === 'proxy-taken-over' ? 3 : 1;
}

/** Aligned `Name : value` lines, as the original's list form; a long value wraps with an indent, an empty one stays. */
export function listForm(rows: readonly (readonly [name: string, value: string])[], width = 100): string {
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const room = Math.max(20, width - nameWidth - 3);
  return rows
    .map(([name, value]) => {
      // Between words where there are any; what is longer than the room is cut.
      const lines = value.match(new RegExp(`\\S.{0,${room - 1}}(?=\\s|$)|.{1,${room}}`, 'gu')) ?? [''];
      const indent = ' '.repeat(nameWidth + 3);
      return `${name.padEnd(nameWidth)} : ${lines.join(`\n${indent}`)}`.trimEnd();
    })
    .join('\n');
}
