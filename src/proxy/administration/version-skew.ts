// Where versions differ: between this program and the running nodes, between this program and the relay as it was
// last heard. A differing relay is no fault; one that is about to refuse us is.

import type { Kysely } from 'kysely';
import { compareVersions, version } from '../../contract/versions.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxySchema } from '../database/schema.ts';
import { listNodes } from '../nodes/list-nodes.ts';
import { readRelayPin } from '../trust/relay/relay-pin.ts';

export type VersionSkew = { message: string; hint: string };

export async function versionSkews(db: Kysely<ProxySchema>, clock: Clock): Promise<VersionSkew[]> {
  const nodes = (await listNodes(db, clock)).filter(({ state }) => state === 'running');
  const skews = nodes
    .filter(node => node.version !== version)
    .map(node => ({
      message: `the node ${node.name} runs version ${node.version}, this command is ${version}`,
      hint: 'install the same version and restart the service',
    }));
  const relay = (await readRelayPin({ db }))?.metadata;
  if (relay === undefined) return skews;
  if (compareVersions(version, relay.minimumProxyVersion) < 0) {
    skews.push({
      message: `the relay takes proxies from version ${relay.minimumProxyVersion} on, this is ${version}`,
      hint: `install Mailbadge ${relay.minimumProxyVersion} or newer`,
    });
  } else if (relay.version !== version) {
    skews.push({
      message: `the relay runs version ${relay.version}, this proxy ${version}`,
      hint: 'they work together; the same version on both sides can do the most',
    });
  }
  return skews;
}
