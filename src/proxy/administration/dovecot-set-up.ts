// What `proxy set-up dovecot` does: tells what Dovecot must be configured with, and proves that it works.

import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Secret } from '../../runtime/secrets.ts';
import type { ProxyConfig } from '../config.ts';
import { dovecotRecountOf, mailboxNameRule } from '../mailbox-source-of.ts';
import {
  type ConfigurationFile,
  dovecot24Configuration,
  dovecotConfiguration,
} from '../mailboxes/dovecot/dovecot-configuration.ts';
import { dovecotKeyPrefix } from '../mailboxes/dovecot/key-prefix.ts';
import { type DovecotProof, proveDovecot } from '../mailboxes/dovecot/prove-dovecot.ts';
import { ImapAccess } from '../mailboxes/imap/imap-access.ts';
import { imapServer } from '../mailboxes/imap/imap-server.ts';

export type DovecotSetUp = {
  /** For Dovecot 2.3, and, never tried, 2.4. */
  configuration(version: '2.3' | '2.4'): ConfigurationFile[];
  /** Needs the listener's address for itself: the proxy must not run. */
  prove(signInName: string, password: Secret): Promise<DovecotProof>;
};

export function createDovecotSetUp(
  config: ProxyConfig,
  { fetch, clock }: { fetch: typeof globalThis.fetch; clock: Clock },
): DovecotSetUp {
  const { source } = config.mailboxes;
  if (source?.kind !== 'dovecot') {
    throw new AppError('config-invalid', 'the configuration’s mailboxes.source is not of kind dovecot', {
      hint: 'add it first: see "mailbadge proxy config generate"',
    });
  }
  const keyPrefix = dovecotKeyPrefix(source);
  return {
    configuration: version =>
      version === '2.3'
        ? dovecotConfiguration(source.listen, keyPrefix)
        : [dovecot24Configuration(source.listen, keyPrefix)],
    async prove(signInName, password) {
      const access = new ImapAccess({ server: imapServer(source.imap), clock });
      return proveDovecot(signInName, password, {
        address: source.listen,
        keyPrefix,
        nameRule: mailboxNameRule(config),
        signIn: (name, secret) => access.signIn(name, secret),
        makeChange: (name, secret) => access.makeChange(name, secret),
        recount: dovecotRecountOf(source.recount, { access, fetch, clock }),
        clock,
      });
    },
  };
}
