// Makes the Dovecot source of its configuration: which listener, which secret, which way to recount.

import type { Clock } from '../../../runtime/clock.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Random } from '../../../runtime/random.ts';
import type { DovecotSourceConfig } from '../../config.ts';
import { configuredSecret } from '../configured-secret.ts';
import { ImapAccess } from '../imap/imap-access.ts';
import { imapServer } from '../imap/imap-server.ts';
import { MasterLogin } from '../imap/master-login.ts';
import type { MailboxNameRule } from '../mailbox-name.ts';
import { doveadmRecount } from './doveadm-recount.ts';
import { DovecotSource } from './dovecot-source.ts';
import { masterUserRecount } from './master-user-recount.ts';

export type CreateDovecotSourceOptions = {
  config: DovecotSourceConfig;
  nameRule: MailboxNameRule;
  fetch: typeof fetch;
  clock: Clock;
  random: Random;
  logger: Logger;
};

/** Fails with an AppError when the configuration cannot work. */
export function createDovecotSource({
  config,
  nameRule,
  fetch,
  clock,
  random,
  logger,
}: CreateDovecotSourceOptions): DovecotSource {
  const access = new ImapAccess({ server: imapServer(config.imap), clock });
  const recount =
    config.recount.kind === 'doveadm'
      ? doveadmRecount({
          url: config.recount.url,
          apiKey: configuredSecret(config.recount, 'doveadm'),
          fetch,
          clock,
        })
      : masterUserRecount({ access, master: new MasterLogin(config.recount.master) });
  return new DovecotSource({
    address: config.listen,
    keyPrefix: dovecotKeyPrefix(config),
    nameRule,
    recount,
    signIn: (signInName, password) => access.signIn(signInName, password),
    clock,
    random,
    logger,
  });
}

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
