// What `proxy why` does, on the service's own database.

import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { mailboxNameRule } from '../mailbox-source-of.ts';
import { explain } from './why/explain.ts';
import type { Explanation } from './why/explain-badge.ts';

/** Why the badge of a mailbox or an icon shows what it shows. Throws `not-found`, naming what is called alike. */
export async function why(
  config: ProxyConfig,
  of: string,
  { clock }: { clock: Clock },
): Promise<Explanation> {
  await using database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  return await explain(db, of, { nameRule: mailboxNameRule(config), clock });
}
