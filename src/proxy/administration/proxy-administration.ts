// What `proxy enable`, `disable` and `status` do, on the service's own database. A running proxy notices the change by
// itself, within a second.

import { hostname } from 'node:os';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { openKeyFile } from '../../runtime/secrets.ts';
import type { ProxyConfig } from '../config.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { type ListedNode, listNodes } from '../nodes/list-nodes.ts';
import { type ProxyObject, readProxyObject } from '../publisher/proxy-object.ts';
import { RelayAccess } from '../trust/relay-access.ts';
import { createRelayHttp } from '../trust/relay-http.ts';
import { carryOut, disableProxy, type EnablePlan, type EnableRequest, planEnable } from './enable-proxy.ts';
import { type VersionSkew, versionSkews } from './version-skew.ts';

export { type ProxyObject, proxyObjectName } from '../publisher/proxy-object.ts';
export type { Change, EnablePlan } from './enable-proxy.ts';

export type ProxyAdministration = AsyncDisposable & {
  object(): Promise<ProxyObject>;
  planEnable(request: EnableRequest): Promise<EnablePlan>;
  /** Throws when the plan lacks something. */
  enable(plan: EnablePlan): Promise<void>;
  /** Answers whether it was enabled. */
  disable(): Promise<boolean>;
  nodes(): Promise<ListedNode[]>;
  versionSkews(): Promise<VersionSkew[]>;
};

export async function openProxyAdministration(
  config: ProxyConfig,
  { clock, random, hostName = hostname() }: { clock: Clock; random: Random; hostName?: string },
): Promise<ProxyAdministration> {
  const { timeout: timeoutMs, dangerously_allow_http: allowHttp } = config.relay;
  const { rsa_algorithm: rsaAlgorithm } = config.trust;
  await using parts = new AsyncDisposableStack();
  const secrets = openKeyFile(config.key_file, random);
  const { db } = parts.use(openDatabase<ProxySchema>(config.database, { clock }));
  await migrate(db, proxyMigrations);
  const http = parts.use(createRelayHttp(config.relay, clock));
  const access = parts.use(
    new RelayAccess({ db, secrets, http, clock, random, logger: silentLogger, timeoutMs, rsaAlgorithm }),
  );
  const owned = parts.move();
  return {
    object: () => readProxyObject(db, { hostName }),
    planEnable: request => planEnable(request, { db, access, clock, random, hostName, allowHttp }),
    enable: plan => carryOut(plan, { db }),
    disable: () => disableProxy({ db, clock }),
    nodes: () => listNodes(db, clock),
    versionSkews: () => versionSkews(db, clock),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
