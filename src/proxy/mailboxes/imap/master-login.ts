// Signing in to somebody's mailbox as the server's master user: "alice@fabrikam.com*mailbadge" with the master
// user's password (Dovecot's auth_master_user_separator).

import type { Secret } from '../../../runtime/secrets.ts';
import type { ImapSourceConfig } from '../../config.ts';
import { configuredSecret } from '../configured-secret.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import type { ImapLogin } from './imap-connection.ts';

type MasterUserConfig = NonNullable<ImapSourceConfig['master']>;

export class MasterLogin {
  readonly #user: string;
  readonly #separator: string;
  readonly #password: Secret;

  constructor(config: MasterUserConfig) {
    this.#user = config.user;
    this.#separator = config.separator;
    this.#password = configuredSecret(config, 'the master user');
  }

  /** Refuses a name that would itself name a master user. */
  as(signInName: string): ImapLogin | ConnectionFailure {
    if (signInName.includes(this.#separator)) {
      return { outcome: 'refused', detail: 'the name contains the separator of master users' };
    }
    return { user: `${signInName}${this.#separator}${this.#user}`, password: this.#password };
  }
}
