// What a command about trust works with: key file and database (made, the first time), certificates, the relay.

import type { Kysely } from 'kysely';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { openKeyFile } from '../../runtime/secrets.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { CertificateStore } from '../trust/certificates/certificate-store.ts';
import { RelayAccess } from '../trust/relay/relay-access.ts';
import { createRelayHttp } from '../trust/relay/relay-http.ts';

export type TrustStores = { db: Kysely<ProxySchema>; certificates: CertificateStore; access: RelayAccess };

/** Opens them for one piece of work. */
export async function withTrustStores<T>(
  config: ProxyConfig,
  { clock, random }: { clock: Clock; random: Random },
  work: (stores: TrustStores) => Promise<T>,
): Promise<T> {
  const { timeout: timeoutMs, direct_trust: directTrust } = config.relay;
  const { rsa_algorithm: rsaAlgorithm } = config.trust;
  const secrets = openKeyFile(config.key_file, random);
  await using database = openDatabase<ProxySchema>(config.database, { clock });
  const { db } = database;
  await migrate(db, proxyMigrations);
  using http = createRelayHttp(config.relay, clock);
  const logger = silentLogger;
  using access = new RelayAccess({
    db,
    secrets,
    http,
    clock,
    random,
    logger,
    timeoutMs,
    rsaAlgorithm,
    directTrust,
  });
  return await work({ db, certificates: access.certificates, access });
}
