// GET /.well-known/mailbadge-relay: what a relay is and can do. A proxy sends only what is listed here.

import { z } from 'zod';
import { appIdSchema, instantSchema } from './identifiers.ts';

export const relayCapabilities = ['publish-ndjson', 'replacement-target', 'webpush', 'apns'] as const;

export const relayMetadataSchema = z.object({
  issuer: z.url(),
  version: z.string(),
  minimumProxyVersion: z.string(),
  capabilities: z.array(z.string()),
  relayTime: instantSchema.describe(
    "The relay's clock when it answered; a proxy measures its own against it",
  ),
  tokenEndpoint: z.url(),
  publishAudience: z.string().describe('The resource (RFC 8707) to ask an access token for'),
  apps: z.array(
    z.object({
      id: appIdSchema,
      providers: z.array(z.enum(['apns', 'webpush'])),
      vapidPublicKey: z.string().optional().describe('applicationServerKey for PushManager.subscribe'),
    }),
  ),
});
export type RelayMetadata = z.infer<typeof relayMetadataSchema>;
export const relayMetadataPath = '/.well-known/mailbadge-relay';
