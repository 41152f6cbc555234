// A new password: from a file, generated, or typed twice without being shown. Never from the command line.

import { AppError } from '../runtime/errors.ts';
import type { Secret } from '../runtime/secrets.ts';
import { promptSecret, readSecretFile } from './secret-prompt.ts';

export type NewPasswordOptions = { passwordFile?: string; generatePassword: boolean };

/** Undefined: one is to be generated. */
export async function newPassword({
  passwordFile,
  generatePassword,
}: NewPasswordOptions): Promise<Secret | undefined> {
  if (generatePassword) return undefined;
  if (passwordFile !== undefined) return readSecretFile(passwordFile);
  const hint = 'give it in a file with --password-file, or let one be made with --generate-password';
  const typed = await promptSecret('New password (at least 12 characters): ', { hint });
  const again = await promptSecret('The same again: ', { hint });
  if (typed.reveal() === again.reveal()) return typed;
  throw new AppError('usage', 'the two passwords differ', { hint: 'run the command again' });
}
