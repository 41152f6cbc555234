// What `proxy trust auth-server …` does, on the service's own database. A running proxy notices the change by itself.

import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { AuthServers } from '../trust/auth-servers/auth-servers.ts';
import { openAuthServers } from '../trust/auth-servers/open-auth-servers.ts';
import { createRelayHttp } from '../trust/relay/relay-http.ts';

export type { AuthServer } from '../trust/auth-servers/auth-server.ts';
export type { KeyChange } from '../trust/auth-servers/auth-servers.ts';

/** Opens (and, the first time, makes) the database for one piece of work. */
export async function administerAuthServers<T>(
  config: ProxyConfig,
  { clock }: { clock: Clock },
  work: (servers: AuthServers) => Promise<T>,
): Promise<T> {
  await using database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  using http = createRelayHttp(config.relay, clock);
  return await work(openAuthServers(config.relay, { db, http, clock }));
}
