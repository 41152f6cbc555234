// How the authorization server library finds its clients: the applications in our database. It gets only the keys
// that count now, so that it cannot verify with a revoked or expired one. One client is nobody's: every proxy that
// waits for an approval is it, and it may use the device flow alone. Nothing else is stored through it: access
// tokens are JWTs, and replays are recognized by `useOnce`, which is atomic where the library's find-then-save is not.

import type { Kysely } from 'kysely';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { deviceCodeGrant, deviceFlowClientId } from '../../contract/device-flow.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RelaySchema } from '../database/schema.ts';
import { isUsable, keyCredentialsOf } from '../organizations/key-credentials.ts';

type Parts = { db: Kysely<RelaySchema>; clock: Clock };

export function createAdapter(parts: Parts): (model: string) => Adapter {
  return model => ({
    find: async id => (model === 'Client' ? findClient(parts, id) : undefined),
    // The guard has recorded the assertion before the library comes to this.
    upsert: model === 'ReplayDetection' ? async () => {} : unsupported(model, 'upsert'),
    findByUid: unsupported(model, 'findByUid'),
    findByUserCode: unsupported(model, 'findByUserCode'),
    consume: unsupported(model, 'consume'),
    destroy: unsupported(model, 'destroy'),
    revokeByGrantId: unsupported(model, 'revokeByGrantId'),
  });
}

const waitingProxy: AdapterPayload = {
  client_id: deviceFlowClientId,
  token_endpoint_auth_method: 'none', // RFC 8628 §5.6
  grant_types: [deviceCodeGrant],
  response_types: [],
  redirect_uris: [],
};

async function findClient({ db, clock }: Parts, id: string): Promise<AdapterPayload | undefined> {
  if (id === deviceFlowClientId) return waitingProxy;
  const application = await db
    .selectFrom('application')
    .innerJoin('organization', 'organization.id', 'application.organization_id')
    .where('application.id', '=', id)
    .where('application.ended_at', 'is', null)
    .where('organization.active', '=', 1)
    .select('application.id')
    .executeTakeFirst();
  if (application === undefined) return undefined;
  const now = clock.now();
  const keys = (await keyCredentialsOf(db, id))
    .filter(credential => isUsable(credential, now))
    .map(({ keyId, publicJwk }) => ({ ...publicJwk, kid: keyId, use: 'sig' }));
  if (keys.length === 0) return undefined; // a client without a key can prove nothing
  return {
    client_id: id,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    jwks: { keys },
  };
}

function unsupported(model: string, operation: string): () => Promise<never> {
  return () => Promise.reject(new Error(`${operation} of ${model} is not supported: nothing is stored`));
}
