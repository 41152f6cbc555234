// What an OAuth client needs to know of the authorization server (RFC 8414), and where its endpoints are.

import { deviceCodeGrant } from '../../contract/device-flow.ts';
import { assertionAlgorithms } from './client-assertion.ts';

export const metadataPath = '/.well-known/oauth-authorization-server'; // RFC 8414 §3
export const tokenPath = '/oauth/token';
export const jwksPath = '/oauth/jwks';
export const deviceAuthorizationPath = '/oauth/device_authorization';
/** For servers that read the S2S form; with ?realm=… */
export const s2sMetadataPath = '/metadata/json/1';

/** The resource (RFC 8707) that access tokens are asked for. */
export function publishAudience(issuer: string): string {
  return `${issuer}/v1`;
}

/** Where an administrator approves a proxy's certificate; the console's page reads `?code=`. */
export function verificationUrl(issuer: string): string {
  return `${issuer}/console/approve`;
}

export function authorizationServerMetadata(issuer: string) {
  return {
    issuer,
    token_endpoint: issuer + tokenPath,
    jwks_uri: issuer + jwksPath,
    device_authorization_endpoint: issuer + deviceAuthorizationPath, // RFC 8628 §4
    response_types_supported: [], // required by RFC 8414 §2; there is no authorization endpoint
    grant_types_supported: ['client_credentials', deviceCodeGrant],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    token_endpoint_auth_signing_alg_values_supported: [...assertionAlgorithms],
  };
}
