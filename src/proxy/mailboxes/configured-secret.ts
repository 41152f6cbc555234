// A secret that the configuration holds itself or names the file of.

import { readFileSync } from 'node:fs';
import { AppError } from '../../runtime/errors.ts';
import { Secret } from '../../runtime/secrets.ts';

type Configured = { password?: string | undefined; password_file?: string | undefined };

/** `what` names the setting in the error. */
export function configuredSecret({ password, password_file }: Configured, what: string): Secret {
  if (password !== undefined) return new Secret(password);
  if (password_file === undefined) {
    throw new AppError('config-invalid', `${what} has no password`, {
      hint: 'give password or password_file',
    });
  }
  try {
    const text = readFileSync(password_file, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return new Secret(text);
  } catch (cause) {
    throw new AppError('config-invalid', `the password file of ${what} cannot be read: ${password_file}`, {
      hint: 'it must be readable by the proxy’s user',
      cause,
    });
  }
  throw new AppError('config-invalid', `the password file of ${what} is empty: ${password_file}`);
}
