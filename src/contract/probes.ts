// POST /v1/probes: a proxy asks whether a badge would get through, with its access token and without any device. It is
// never refused for quota, reaches no provider and counts as no traffic. The answer proves the other direction of
// trust, too: the relay signs the proxy's nonce with the key that signs its access tokens, and the proxy checks that
// against the keys it pinned.

import { z } from 'zod';
import { appIdSchema, instantSchema, organizationDomainSchema, realmSchema } from './identifiers.ts';

export const probesPath = '/v1/probes';
/** The `typ` of the proof: it must never pass for a token (RFC 8725 §3.11). */
export const probeProofType = 'mailbadge-probe+jwt';

export const probeRequestSchema = z.strictObject({
  probeId: z.uuid().describe('Follows the probe through both logs'),
  nonce: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22,64}$/)
    .describe('Fresh for each probe; the relay signs it'),
});
export type ProbeRequest = z.infer<typeof probeRequestSchema>;

export const probeAnswerSchema = z.object({
  organization: organizationDomainSchema.describe('Who the relay takes the caller for'),
  realm: realmSchema,
  applicationId: z.string(),
  credentialId: z.string().describe('`kid` of the key credential behind the access token'),
  version: z.string().describe("The relay's"),
  relayTime: instantSchema,
  apps: z
    .array(
      z.object({
        id: appIdSchema,
        heldBack: z
          .array(z.object({ provider: z.string(), environment: z.string() }))
          .describe('Where nothing is delivered at present, because the operator’s configuration is wrong'),
      }),
    )
    .describe('The apps that this relay can deliver to'),
  proof: z
    .string()
    .max(4096)
    .describe(`A JWS of typ ${probeProofType}: iss, aud = realm, jti = probeId, nonce, iat, exp`),
});
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;
