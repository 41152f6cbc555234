// Makes the mail source that the configuration names.

import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { DovecotSourceConfig, ProxyConfig } from './config.ts';
import { configuredSecret } from './mailboxes/configured-secret.ts';
import { doveadmRecount } from './mailboxes/dovecot/doveadm-recount.ts';
import { DovecotSource, type Recount } from './mailboxes/dovecot/dovecot-source.ts';
import { dovecotKeyPrefix } from './mailboxes/dovecot/key-prefix.ts';
import { ImapAccess } from './mailboxes/imap/imap-access.ts';
import { imapServer } from './mailboxes/imap/imap-server.ts';
import { ImapSource } from './mailboxes/imap/imap-source.ts';
import { MasterLogin } from './mailboxes/imap/master-login.ts';
import type { MailboxNameRule } from './mailboxes/mailbox-name.ts';
import type { MailboxSource } from './mailboxes/mailbox-source.ts';

type Collaborators = { fetch: typeof fetch; clock: Clock; random: Random; logger: Logger };

export function mailboxNameRule({ mailboxes: { name } }: ProxyConfig): MailboxNameRule {
  return { lowerCase: name.lower_case, defaultDomain: name.default_domain, stripDomain: name.strip_domain };
}

export function mailboxSourceOf(config: ProxyConfig, collaborators: Collaborators): MailboxSource {
  const { source } = config.mailboxes;
  switch (source?.kind) {
    case 'dovecot':
      return dovecotSourceOf(source, mailboxNameRule(config), collaborators);
    case 'imap':
      return new ImapSource({ config: source, ...collaborators });
    case undefined:
      throw new AppError('config-invalid', 'the configuration names no mail server', {
        hint: 'add mailboxes.source: see "mailbadge proxy config generate"',
      });
  }
}

export function dovecotSourceOf(
  config: DovecotSourceConfig,
  nameRule: MailboxNameRule,
  { fetch, clock, random, logger }: Collaborators,
): DovecotSource {
  const access = new ImapAccess({ server: imapServer(config.imap), clock });
  return new DovecotSource({
    address: config.listen,
    keyPrefix: dovecotKeyPrefix(config),
    nameRule,
    recount: dovecotRecountOf(config.recount, { access, fetch, clock }),
    signIn: (signInName, password) => access.signIn(signInName, password),
    clock,
    random,
    logger,
  });
}

export function dovecotRecountOf(
  config: DovecotSourceConfig['recount'],
  { access, fetch, clock }: { access: ImapAccess; fetch: typeof globalThis.fetch; clock: Clock },
): Recount {
  if (config.kind === 'doveadm') {
    return doveadmRecount({ url: config.url, apiKey: configuredSecret(config, 'doveadm'), fetch, clock });
  }
  const master = new MasterLogin(config.master);
  return (mailboxes, { signal }) => access.recount(mailboxes, { master, signal });
}
