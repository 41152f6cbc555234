// What an OAuth client needs to know of the authorization server (RFC 8414), and where its endpoints are.

import { assertionAlgorithms } from './client-assertion.ts';

export const metadataPath = '/.well-known/oauth-authorization-server'; // RFC 8414 §3
export const tokenPath = '/oauth/token';
export const jwksPath = '/oauth/jwks';

/** The resource (RFC 8707) that access tokens are asked for. */
export function publishAudience(issuer: string): string {
  return `${issuer}/v1`;
}

export function authorizationServerMetadata(issuer: string) {
  return {
    issuer,
    token_endpoint: issuer + tokenPath,
    jwks_uri: issuer + jwksPath,
    response_types_supported: [], // required by RFC 8414 §2; there is no authorization endpoint
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: [...assertionAlgorithms],
  };
}
