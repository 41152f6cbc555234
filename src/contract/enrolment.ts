// POST /v1/enrolments: an organization's proxy, which no token can yet prove, hands in its certificate with a
// one-time code and the proof that it holds the private key.

import { z } from 'zod';
import { instantSchema, organizationDomainSchema, realmSchema } from './identifiers.ts';

/** JOSE `typ` of the proof. */
export const proofType = 'mailbadge-proof+jwt';

export const enrolmentRequestSchema = z.strictObject({
  code: z
    .string()
    .max(64)
    .describe('As printed by "mailbadge relay organization add"; case and hyphens do not matter'),
  organization: organizationDomainSchema
    .optional()
    .describe('Whom the proxy works for: a code of another organization is refused, and stays good'),
  certificate: z.string().max(16_384).describe('DER, base64'),
  proof: z
    .string()
    .max(4096)
    .describe(
      "JWS by the certificate's key: iss = sub = certificate thumbprint, aud = the relay's issuer, iat, exp ≤ 10 min, jti, code_hash = base64url SHA-256 of the normalized code",
    ),
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;

export const keyCredentialSchema = z.object({
  keyId: z.string().describe('SHA-256 thumbprint of the certificate, base64url: the `kid` to sign with'),
  type: z.literal('asymmetric'),
  usage: z.literal('verify'),
  startAt: instantSchema,
  endAt: instantSchema,
});

export const enrolmentResponseSchema = z.object({
  organization: organizationDomainSchema,
  realm: realmSchema,
  applicationId: z.string().describe("The organization's own OAuth client id"),
  credential: keyCredentialSchema,
});
export type EnrolmentResponse = z.infer<typeof enrolmentResponseSchema>;

/** How a person may type a code: any case, with or without hyphens and spaces. */
export function normalizeEnrolmentCode(typed: string): string {
  return typed.replaceAll(/[\s-]/g, '').toUpperCase();
}
