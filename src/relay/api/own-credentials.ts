// GET, POST and DELETE /v1/credentials: an organization's proxy looks after its own key credentials.

import { createRoute, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import {
  addCredentialSchema,
  credentialAnswerSchema,
  credentialListSchema,
  credentialsPath,
  keyIdSchema,
} from '../../contract/credentials.ts';
import type { Clock } from '../../runtime/clock.ts';
import { clientAddress } from '../../runtime/http/client-address.ts';
import { jsonAnswer, jsonBody } from '../../runtime/http/json-content.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { RelayEvents } from '../events.ts';
import type { Caller } from '../organizations/caller.ts';
import {
  describeCredentials,
  type KeyCredential,
  keyCredentialsOf,
} from '../organizations/key-credentials.ts';
import { addOwnCredential, removeOwnCredential } from '../organizations/own-credentials.ts';
import type { RelayApp } from './relay-app.ts';
import { bodyCodes, organizationCodes, problemResponses, registeringCodes } from './relay-operation.ts';

const one = (description: string) => jsonAnswer(description, credentialAnswerSchema);

const listRoute = createRoute({
  method: 'get',
  path: credentialsPath,
  operationId: 'listCredentials',
  summary: "The organization's key credentials, revoked ones too",
  responses: {
    200: jsonAnswer('Oldest registration first', credentialListSchema),
    ...problemResponses(organizationCodes),
  },
});

const addRoute = createRoute({
  method: 'post',
  path: credentialsPath,
  operationId: 'addCredential',
  summary: 'Registers a further certificate of the organization',
  request: { body: jsonBody(addCredentialSchema) },
  responses: {
    201: one('It was added'),
    200: one('It was there before; nothing was added'),
    ...problemResponses([...organizationCodes, ...bodyCodes, ...registeringCodes]),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path: `${credentialsPath}/{keyId}`,
  operationId: 'removeCredential',
  summary: 'Revokes one of the organization’s key credentials, for good',
  request: { params: z.object({ keyId: keyIdSchema }) },
  responses: {
    200: one('It counts no more, from five seconds on at the latest'),
    ...problemResponses([...organizationCodes, 'not-found']),
  },
});

export function addOwnCredentials(
  app: RelayApp,
  {
    db,
    issuer,
    clock,
    trusted,
    events,
  }: {
    db: Kysely<RelaySchema>;
    issuer: string;
    clock: Clock;
    trusted: Parameters<typeof clientAddress>[1];
    events: RelayEvents;
  },
): void {
  const list = async ({ applicationId }: Caller) =>
    describeCredentials(await keyCredentialsOf(db, applicationId), clock.now());
  const show = async (caller: Caller, { keyId }: KeyCredential) => {
    const credential = (await list(caller)).find(each => each.keyId === keyId);
    if (credential === undefined) throw new Error('the credential vanished'); // none is ever deleted
    return { credential };
  };

  app.openapi(listRoute, async context =>
    context.json({ credentials: await list(context.get('caller')) }, 200),
  );

  app.openapi(addRoute, async context => {
    const caller = context.get('caller');
    const { credential, added } = await addOwnCredential(db, context.req.valid('json'), {
      issuer,
      caller,
      now: clock.now(),
      address: clientAddress(context.env.incoming, trusted),
    });
    const { organizationId } = caller;
    events.record({ kind: 'credential-registered', organizationId, credentialId: credential.keyId, added });
    return context.json(await show(caller, credential), added ? 201 : 200);
  });

  app.openapi(removeRoute, async context => {
    const caller = context.get('caller');
    const credential = await removeOwnCredential(db, context.req.valid('param').keyId, {
      caller,
      now: clock.now(),
      address: clientAddress(context.env.incoming, trusted),
    });
    const { organizationId } = caller;
    events.record({ kind: 'credential-removed', organizationId, credentialId: credential.keyId });
    return context.json(await show(caller, credential), 200);
  });
}
