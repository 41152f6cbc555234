// The secret that every key on Dovecot's socket begins with: Dovecot 2.3 sends its dict no password.

import { AppError } from '../../../runtime/errors.ts';
import type { DovecotSourceConfig } from '../../config.ts';
import { configuredSecret } from '../configured-secret.ts';

/** `<secret>/`, or nothing on a unix socket without one. */
export function dovecotKeyPrefix({ listen, prefix_secret, prefix_secret_file }: DovecotSourceConfig): string {
  if (prefix_secret === undefined && prefix_secret_file === undefined) {
    if ('path' in listen) return '';
    throw new AppError('config-invalid', 'mailboxes.source.prefix_secret is missing', {
      hint: 'anyone on this machine can reach a TCP port: give a secret of 16 characters or more, or use a unix socket',
    });
  }
  const secret = configuredSecret(
    { password: prefix_secret, password_file: prefix_secret_file },
    'mailboxes.source.prefix_secret',
  ).reveal();
  if (!/^[A-Za-z0-9_-]{16,}$/.test(secret)) {
    throw new AppError(
      'config-invalid',
      'mailboxes.source.prefix_secret is too short or has other characters',
      {
        hint: 'use 16 or more of A-Z a-z 0-9 _ and -: Dovecot reads : / and % as something else',
      },
    );
  }
  return `${secret}/`;
}
