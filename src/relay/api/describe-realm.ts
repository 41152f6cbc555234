// GET /metadata/json/1?realm=…: the relay as an authorization server of the S2S kind, for one organization's realm.

import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { AppError } from '../../runtime/errors.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import type { RelaySchema } from '../database/schema.ts';
import { s2sMetadataPath } from '../oauth/metadata.ts';
import { s2sMetadata } from '../oauth/s2s-metadata.ts';
import type { SigningCertificate } from '../oauth/signing-certificates.ts';
import type { RelayApp } from './relay-app.ts';
import { problemResponses } from './relay-operation.ts';

const route = createRoute({
  method: 'get',
  path: s2sMetadataPath,
  operationId: 'describeRealm',
  summary: 'This relay as an authorization server for one realm, in the S2S form',
  request: {
    query: z.object({
      realm: z.string().min(1).max(254).describe("The organization's domain or realm GUID"),
    }),
  },
  responses: {
    200: jsonAnswer('The document', z.looseObject({ realm: z.guid() })),
    ...problemResponses(['organization-not-found', 'database-unavailable']),
  },
});

export function addDescribeRealm(
  app: RelayApp,
  {
    db,
    issuer,
    certificates,
  }: { db: Kysely<RelaySchema>; issuer: string; certificates: () => readonly SigningCertificate[] },
): void {
  const answer = async (context: Context, named: string) => {
    const document = s2sMetadata({ issuer, realm: await realmOf(db, named), certificates: certificates() });
    return context.json(document, 200, { 'cache-control': 'public, max-age=300' });
  };
  app.openapi(route, context => answer(context, context.req.valid('query').realm));
  // Such servers were told to ask with a slash before the query.
  app.get(`${s2sMetadataPath}/`, context => answer(context, context.req.query('realm') ?? ''));
}

/** An active organization's. */
async function realmOf(db: Kysely<RelaySchema>, text: string): Promise<string> {
  const named = text.trim().toLowerCase();
  const found = await db
    .selectFrom('organization')
    .select('realm')
    .where(({ eb, or }) => or([eb('domain', '=', named), eb('realm', '=', named)]))
    .where('active', '=', 1)
    .executeTakeFirst();
  if (found === undefined) {
    throw new AppError('organization-not-found', 'this relay knows no such realm', {
      hint: 'realm is an organization’s domain or realm GUID; deactivated ones have none',
    });
  }
  return found.realm;
}
