// Reads a secret from the terminal without showing it. Never from the command line: arguments are visible to
// everybody on the machine.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AppError } from '../runtime/errors.ts';
import { Secret } from '../runtime/secrets.ts';

/** One line from the terminal; the prompt goes to stderr, what is typed goes nowhere. */
export async function promptSecret(prompt: string, { hint }: { hint: string }): Promise<Secret> {
  if (!process.stdin.isTTY) {
    throw new AppError('usage', 'there is no terminal to ask on', { hint });
  }
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    const typed = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(new AppError('usage', 'nothing was typed', { hint })));
    });
    if (typed.trim() === '') throw new AppError('usage', 'nothing was typed', { hint });
    return new Secret(typed.trim());
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** The first line of a file. */
export function readSecretFile(path: string): Secret {
  try {
    return new Secret((readFileSync(path, 'utf8').split('\n')[0] ?? '').trim());
  } catch (cause) {
    throw new AppError('usage', `the file ${path} cannot be read`, {
      hint: 'it must be readable by whoever runs this command',
      cause,
    });
  }
}
