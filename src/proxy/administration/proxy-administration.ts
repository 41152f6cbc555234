// What `proxy enable`, `disable` and `status` do, on the service's own database. A running proxy notices the change by
// itself, within a second.

import { hostname } from 'node:os';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxyConfig } from '../config.ts';
import { type ListedNode, listNodes } from '../nodes/list-nodes.ts';
import { type ProxyObject, readProxyObject } from '../publisher/proxy-object.ts';
import { carryOut, disableProxy, type EnablePlan, type EnableRequest, planEnable } from './enable-proxy.ts';
import { withTrustStores } from './trust-stores.ts';
import { type VersionSkew, versionSkews } from './version-skew.ts';

export type { ProxyObject } from '../publisher/proxy-object.ts';
export type { EnablePlan } from './enable-proxy.ts';

export type ProxyAdministration = {
  object(): Promise<ProxyObject>;
  planEnable(request: EnableRequest): Promise<EnablePlan>;
  /** Throws, and changes nothing, when the plan lacks something. */
  enable(plan: EnablePlan): Promise<void>;
  /** Answers whether it was enabled. */
  disable(): Promise<boolean>;
  nodes(): Promise<ListedNode[]>;
  versionSkews(): Promise<VersionSkew[]>;
};

export function createProxyAdministration(
  config: ProxyConfig,
  { clock, random, hostName = hostname() }: { clock: Clock; random: Random; hostName?: string },
): ProxyAdministration {
  const { dangerously_allow_http: allowHttp } = config.relay;
  const withStores = <T>(work: Parameters<typeof withTrustStores<T>>[2]): Promise<T> =>
    withTrustStores(config, { clock, random }, work);
  return {
    object: () => withStores(({ db }) => readProxyObject(db, { hostName })),
    planEnable: request =>
      withStores(stores => planEnable(request, { ...stores, clock, random, hostName, allowHttp })),
    enable: plan => withStores(stores => carryOut(plan, stores)),
    disable: () => withStores(({ db }) => disableProxy({ db, clock })),
    nodes: () => withStores(({ db }) => listNodes(db, clock)),
    versionSkews: () => withStores(({ db }) => versionSkews(db, clock)),
  };
}
