// The device flow (RFC 8628) as a proxy and its relay speak it: the proxy asks for approval of one certificate, an
// administrator approves it in the relay's console, and the access token that the proxy gets in the end is a one-time
// enrolment code (RFC 6749 §5.1), good for that certificate alone (enrolment.ts). Outside OAuth clients work with it as it is.

import { z } from 'zod';

/** A public client: what it asks for is worth nothing until an administrator approved it. */
export const deviceFlowClientId = 'mailbadge-proxy';
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'; // RFC 8628 §3.4

/** The form that is sent to the device authorization endpoint; `User-Agent` names the proxy's version. */
export const deviceAuthorizationRequestSchema = z.object({
  client_id: z.literal(deviceFlowClientId),
  organization: z.string().max(254).describe("The organization's domain"),
  certificate: z.string().max(16_384).describe('DER, base64'),
});

/** RFC 8628 §3.2 */
export const deviceAuthorizationResponseSchema = z.object({
  device_code: z.string(),
  user_code: z.string().describe('XXXX-XXXX'),
  verification_uri: z.url(),
  verification_uri_complete: z.url(),
  expires_in: z.number().int().describe('Seconds'),
  interval: z.number().int().describe('Seconds between two polls; slow_down adds five'),
});

/** RFC 6749 §5.2, RFC 8628 §3.5; `code` is ours and stable (error-codes.ts). */
export const oauthErrorSchema = z.object({
  error: z.string(),
  error_description: z.string().optional(),
  code: z.string().optional(),
});

export const userCodeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ'; // RFC 8628 §6.1: no vowels, so no words

/** How a person may type it: any case, with or without hyphen and spaces. */
export function normalizeUserCode(typed: string): string {
  return typed.replaceAll(/[\s-]/g, '').toUpperCase();
}
