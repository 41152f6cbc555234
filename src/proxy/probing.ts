// Probing, put together: what one probe needs of the proxy's other stages, and the row of those who wait for one.

import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.ts';
import { describeError } from '../runtime/errors.ts';
import type { HttpClient } from '../runtime/http/http-client.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { ProxyConfig } from './config.ts';
import type { ProxySchema } from './database/schema.ts';
import type { ProxyEvents } from './events.ts';
import { Prober } from './probes/prober.ts';
import { badgeRepeater } from './probes/repeat-badge.ts';
import { runProbe } from './probes/run-probe.ts';
import { relayAuthServer } from './trust/auth-servers/auth-server.ts';
import type { AuthServers } from './trust/auth-servers/auth-servers.ts';
import { createProbeRelay } from './trust/relay/probe-relay.ts';
import type { RelayAccess } from './trust/relay/relay-access.ts';

export function createProber(
  config: Pick<ProxyConfig, 'probe' | 'relay'>,
  {
    authServers,
    http,
    wakePublisher,
    ...shared
  }: {
    db: Kysely<ProxySchema>;
    clock: Clock;
    random: Random;
    logger: Logger;
    events: ProxyEvents;
    access: RelayAccess;
    authServers: Pick<AuthServers, 'find' | 'refresh'>;
    /** The publisher's. */
    http: HttpClient;
    /** This node's name. */
    node: string;
    wakePublisher(): void;
  },
): Prober {
  const collaborators = {
    ...shared,
    probeRelay: createProbeRelay({ http, timeoutMs: config.relay.timeout }),
    relayKeys: async () => {
      const { signingKeys } = await authServers.find(relayAuthServer);
      return signingKeys.map(({ publicJwk }) => publicJwk);
    },
    refreshRelayKeys: async () => {
      try {
        await authServers.refresh(relayAuthServer);
      } catch (error) {
        shared.logger.warn({ error: describeError(error) }, 'the relay’s keys could not be asked for');
      }
    },
    repeatBadge: badgeRepeater({ ...shared, wakePublisher }),
  };
  return new Prober({
    ...shared,
    everyMs: config.probe.every,
    probe: (request, options) => runProbe(request, collaborators, options),
  });
}
