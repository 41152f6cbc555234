// Asks before what an administrator may regret. Without a terminal nobody can answer: then the option that skips the
// question is named.

import { createInterface } from 'node:readline/promises';
import { AppError } from '../runtime/errors.ts';

/** Whether the answer is yes. */
export async function confirm(question: string, { hint }: { hint: string }): Promise<boolean> {
  if (!process.stdin.isTTY) throw new AppError('usage', 'there is no terminal to ask on', { hint });
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
