// GET /.well-known/…: what this relay is (ours), what its authorization server is (RFC 8414), and its public keys.

import { createRoute, z } from '@hono/zod-openapi';
import type { JSONWebKeySet } from 'jose';
import { providerNames } from '../../contract/push-targets.ts';
import {
  type RelayMetadata,
  relayCapabilities,
  relayMetadataPath,
  relayMetadataSchema,
} from '../../contract/relay-metadata.ts';
import { version } from '../../contract/versions.ts';
import type { Clock } from '../../runtime/clock.ts';
import { jsonAnswer } from '../../runtime/http/json-content.ts';
import {
  authorizationServerMetadata,
  deviceAuthorizationPath,
  jwksPath,
  metadataPath,
  publishAudience,
  s2sMetadataPath,
  tokenPath,
} from '../oauth/metadata.ts';
import type { RelayApp } from './relay-app.ts';
import { problemResponses } from './relay-operation.ts';

const relayRoute = createRoute({
  method: 'get',
  path: relayMetadataPath,
  operationId: 'describeRelay',
  summary: 'What this relay is and can do',
  responses: {
    200: jsonAnswer('The relay', relayMetadataSchema),
    ...problemResponses([]),
  },
});

const authorizationServerRoute = createRoute({
  method: 'get',
  path: metadataPath,
  operationId: 'describeAuthorizationServer',
  summary: 'OAuth 2.0 authorization server metadata (RFC 8414)',
  responses: {
    200: jsonAnswer('The authorization server', z.looseObject({ issuer: z.url() })),
    ...problemResponses([]),
  },
});

const jwksRoute = createRoute({
  method: 'get',
  path: jwksPath,
  operationId: 'listSigningKeys',
  summary: 'The keys that access tokens are signed with (RFC 7517)',
  responses: {
    200: jsonAnswer('The key set', z.object({ keys: z.array(z.looseObject({})) })),
    ...problemResponses([]),
  },
});

export function addDescribeRelay(
  app: RelayApp,
  {
    issuer,
    minimumProxyVersion,
    apps,
    approvals,
    jwks,
    clock,
  }: {
    issuer: string;
    minimumProxyVersion: string;
    apps: RelayMetadata['apps'];
    /** Whether there are pages on which an administrator can approve: without them nobody can end a device flow. */
    approvals: boolean;
    jwks: () => JSONWebKeySet;
    clock: Clock;
  },
): void {
  const providers = new Set<string>(apps.flatMap(each => each.providers));
  const missing = new Set<string>(providerNames.filter(provider => !providers.has(provider)));
  if (!approvals) missing.add('device-flow');
  const capabilities = relayCapabilities.filter(capability => !missing.has(capability));
  app.openapi(relayRoute, context =>
    context.json(
      {
        issuer,
        version,
        minimumProxyVersion,
        capabilities,
        relayTime: clock.now(),
        tokenEndpoint: issuer + tokenPath,
        publishAudience: publishAudience(issuer),
        ...(approvals ? { deviceAuthorizationEndpoint: issuer + deviceAuthorizationPath } : {}),
        s2sMetadataUrl: issuer + s2sMetadataPath,
        apps,
      },
      200,
    ),
  );
  app.openapi(authorizationServerRoute, context => context.json(authorizationServerMetadata(issuer), 200));
  app.openapi(jwksRoute, context =>
    context.json(jwks() as { keys: Record<string, string>[] }, 200, { 'cache-control': 'max-age=60' }),
  );
}
