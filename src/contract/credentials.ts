// /v1/credentials: an organization's proxy looks after its own key credentials with the access token that one of them
// got it. A new certificate is added by the holder of its private key, vouched for by a credential that counts now.

import { z } from 'zod';
import { keyCredentialSchema } from './enrolment.ts';
import { instantSchema } from './identifiers.ts';

export const credentialsPath = '/v1/credentials';

/** SHA-256 thumbprint of the certificate, base64url. */
export const keyIdSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a key id of 43 characters');

/** How a certificate became a key credential. */
export const registrationWays = ['enrolment-code', 'device-flow', 'rotation'] as const;

export const credentialDetailSchema = keyCredentialSchema.extend({
  thumbprint: z.string().describe('SHA-1 of the certificate, 40 upper-case hexadecimal digits'),
  registeredAt: instantSchema,
  registeredBy: z.string().nullable().describe('enrolment-code, device-flow or rotation; null: not recorded'),
  lastUsedAt: instantSchema
    .nullable()
    .describe('When it last got an access token or signed one; to the minute'),
  lastVersion: z.string().nullable().describe("The proxy's version at that time"),
  lastAddress: z.string().nullable(),
  revokedAt: instantSchema.nullable(),
  revokedReason: z.string().nullable(),
  inUse: z.boolean().describe('The one that was used last, when that was within a day'),
});
export type CredentialDetail = z.infer<typeof credentialDetailSchema>;

/** GET: newest registration last; revoked ones too. */
export const credentialListSchema = z.object({ credentials: z.array(credentialDetailSchema) });

/** POST: 201 when it was added, 200 when it was there before. */
export const addCredentialSchema = z.strictObject({
  certificate: z.string().max(16_384).describe('DER, base64'),
  startAt: instantSchema.optional().describe("Default and earliest: the certificate's notBefore. UTC, ms"),
  endAt: instantSchema.optional().describe("Default and latest: the certificate's notAfter. UTC, ms"),
  proof: z
    .string()
    .max(4096)
    .describe(
      "JWS by the new certificate's key, typ mailbadge-proof+jwt: iss = sub = its SHA-256 thumbprint, aud = the relay's issuer, iat, exp ≤ 10 min, jti (16 to 256 characters, used once), realm = the organization's, credential = the key id that the access token was issued for or signed by",
    ),
});
export type AddCredential = z.infer<typeof addCredentialSchema>;

/** POST and DELETE /v1/credentials/{keyId}: the credential as it is now. Removing is for good. */
export const credentialAnswerSchema = z.object({ credential: credentialDetailSchema });
