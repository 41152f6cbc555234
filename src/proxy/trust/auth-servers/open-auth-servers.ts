// The authorization servers of this proxy as configured: what may be fetched, from where, with which trust.

import type { Kysely } from 'kysely';
import type { Clock } from '../../../runtime/clock.ts';
import type { HttpClient } from '../../../runtime/http/http-client.ts';
import type { ProxyConfig } from '../../config.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { relayCertificates } from '../relay/relay-http.ts';
import { readRelayPin } from '../relay/relay-pin.ts';
import { AuthServers } from './auth-servers.ts';
import { createDownload } from './download.ts';
import { fetchAuthServer } from './fetch-auth-server.ts';

export function openAuthServers(
  relay: ProxyConfig['relay'],
  { db, http, clock }: { db: Kysely<ProxySchema>; http: HttpClient; clock: Clock },
): AuthServers {
  return new AuthServers({
    db,
    clock,
    async fetch(metadataUrl) {
      const pin = await readRelayPin({ db });
      const download = createDownload({
        http,
        clock,
        timeoutMs: relay.timeout,
        ca: relayCertificates(relay),
        allowHttp: relay.dangerously_allow_http,
        allowPrivateAddresses: relay.allow_private_addresses,
        relayOrigin: pin && new URL(pin.relayUrl).origin,
      });
      return fetchAuthServer(metadataUrl, { download, clock });
    },
  });
}
