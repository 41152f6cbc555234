// What the relay's operations say alike in the API description: which errors they answer, by what stands before them
// and by what they judge alike.

import type { ErrorCode } from '../../contract/error-codes.ts';
import { problemAnswer } from '../../runtime/http/json-content.ts';

const everywhere: readonly ErrorCode[] = ['invalid-request', 'body-too-large'];

/** Of those that take a body. */
export const bodyCodes: readonly ErrorCode[] = ['unsupported-media-type'];

/** Of those under /v1 that anybody may call. */
export const publicCodes: readonly ErrorCode[] = ['proxy-too-old', 'database-unavailable'];

/** Of those that demand an organization's access token (oauth/access-token-judgement.ts). */
export const organizationCodes: readonly ErrorCode[] = [
  ...publicCodes,
  'token-missing',
  'token-invalid',
  'token-unreadable',
  'token-kind-not-allowed',
  'token-audience-wrong',
  'token-issuer-unknown',
  'token-signature-invalid',
  'token-not-yet-valid',
  'token-expired',
  'token-lifetime-too-long',
  'token-subject-wrong',
  'token-realm-mismatch',
  'credential-not-registered',
  'credential-revoked',
  'direct-trust-not-allowed',
  'organization-inactive',
  'revocation-list-stale',
];

/** Of those that judge whether a certificate can become a key credential. */
export const certificateCodes: readonly ErrorCode[] = [
  'certificate-invalid',
  'certificate-key-too-small',
  'certificate-not-yet-valid',
  'certificate-expired',
  'credential-duplicate',
  'credential-revoked',
];

/** Of those that register a certificate, with the proof that its private key is held. */
export const registeringCodes: readonly ErrorCode[] = [
  ...certificateCodes,
  'proof-invalid',
  'proof-replayed',
  'clock-skewed',
  'credential-limit',
];

/** Its own errors, and those of every operation. */
export function problemResponses(codes: readonly ErrorCode[]) {
  return { default: problemAnswer([...everywhere, ...codes]) };
}
