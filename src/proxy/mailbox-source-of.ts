// Makes the mail source that the configuration names.

import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { ProxyConfig } from './config.ts';
import { createDovecotSource } from './mailboxes/dovecot/create-dovecot-source.ts';
import { ImapSource } from './mailboxes/imap/imap-source.ts';
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
      return createDovecotSource({ config: source, nameRule: mailboxNameRule(config), ...collaborators });
    case 'imap':
      return new ImapSource({ config: source, ...collaborators });
    case undefined:
      throw new AppError('config-invalid', 'the configuration names no mail server', {
        hint: 'add mailboxes.source: see "mailbadge proxy config generate"',
      });
  }
}
