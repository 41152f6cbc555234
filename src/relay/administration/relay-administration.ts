// What an operator does to a relay from the command line, on the database that a running relay uses: it notices
// the change within a second. The console does the same in its own administrators' names.

import { userInfo } from 'node:os';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Actor } from '../administrators/audit-log.ts';
import { Passwords } from '../administrators/password.ts';
import type { RelayConfig } from '../config.ts';
import { relayMigrations } from '../database/migrations.ts';
import type { RelaySchema } from '../database/schema.ts';
import { txtLookup } from '../organizations/domain-proof.ts';
import type { AdministrationContext } from './administration-context.ts';
import {
  type AdministratorsAdministration,
  administratorsAdministration,
} from './administrators-administration.ts';
import { type CredentialsAdministration, credentialsAdministration } from './credentials-administration.ts';
import { type KeysAdministration, keysAdministration } from './keys-administration.ts';
import {
  type OrganizationsAdministration,
  organizationsAdministration,
} from './organizations-administration.ts';
import { type FullStatus, readRelayStatus } from './relay-status.ts';

export type { RelayKey } from './keys-administration.ts';

export type RelayActions = OrganizationsAdministration &
  CredentialsAdministration &
  KeysAdministration &
  AdministratorsAdministration & {
    /** How the relay is, running or not. */
    status(): Promise<FullStatus>;
  };

export type RelayAdministration = RelayActions & AsyncDisposable;

/** Everything that can be done, in the name of the context's actor. */
export function relayActions(context: AdministrationContext): RelayActions {
  return {
    ...organizationsAdministration(context),
    ...credentialsAdministration(context),
    ...keysAdministration(context),
    ...administratorsAdministration(context),
    status: () => readRelayStatus({ ...context, now: context.clock.now() }),
  };
}

export async function openRelayAdministration(
  config: AdministrationContext['config'] & Pick<RelayConfig, 'database' | 'dns_servers'>,
  { clock, random }: { clock: Clock; random: Random },
): Promise<RelayAdministration> {
  const database = openDatabase<RelaySchema>(config.database, { clock });
  const { db } = database;
  try {
    await migrate(db, relayMigrations);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  const actions = relayActions({
    db,
    config,
    clock,
    random,
    actor: systemUser(),
    passwords: new Passwords({ random }),
    lookUpTxt: txtLookup({ servers: config.dns_servers }),
  });
  return { ...actions, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** Whoever may read the relay's files may administer it: the audit log names the account. */
function systemUser(): Actor {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    name = `uid ${process.getuid?.() ?? 'unknown'}`; // a container's user often has no name
  }
  return { actorKind: 'command', actor: name, address: null };
}
