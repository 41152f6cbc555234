// GET /.well-known/mailbadge-relay: what a relay is and can do. A proxy sends only what is listed here.

import { z } from 'zod';
import { appIdSchema, instantSchema } from './identifiers.ts';
import { providerNames } from './push-targets.ts';

export const relayCapabilities = [
  'publish-ndjson',
  'replacement-target',
  'webpush',
  'apns',
  /** FCM, and `rev` in a notification to it. */
  'fcm',
  /** `preview` in a notification: bytes that the device alone can read. */
  'previews',
  /** An administrator may approve a proxy's certificate in the console (RFC 8628). */
  'device-flow',
  /** Access tokens that an organization signed itself are taken where the organization has that switched on. */
  'direct-trust',
  /** /v1/credentials */
  'credentials',
  /** /v1/probes */
  'probe',
] as const;

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
  deviceAuthorizationEndpoint: z.url().optional().describe('With the capability device-flow (RFC 8628)'),
  s2sMetadataUrl: z
    .url()
    .optional()
    .describe('Add ?realm=<domain or realm GUID>: the S2S metadata document that servers of that kind read'),
  apps: z.array(
    z.object({
      id: appIdSchema,
      providers: z.array(z.enum(providerNames)),
      vapidPublicKey: z.string().optional().describe('applicationServerKey for PushManager.subscribe'),
    }),
  ),
});
export type RelayMetadata = z.infer<typeof relayMetadataSchema>;
export const relayMetadataPath = '/.well-known/mailbadge-relay';
