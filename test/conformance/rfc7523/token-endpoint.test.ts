// RFC 7523 §2.2 and RFC 8414, judged by two clients that are not ours: openid-client and oauth4webapi. They discover
// the relay, authenticate with private_key_jwt, and validate the access token as a resource server would (RFC 9068).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { makeOrganizationCertificate } from '../../fixtures/organization-certificate.ts';
import { enrolOrganization, startTestRelay } from '../../fixtures/relay.ts';

const kinds = ['rsa', 'p-256', 'rsa-pss'] as const;

test('openid-client discovers the relay and gets a token', async t => {
  const relay = await startTestRelay(t);
  for (const key of kinds) {
    const certificate = await makeOrganizationCertificate({ key });
    const { clientId } = await enrolOrganization(relay, { domain: `${key}.fabrikam.com`, certificate });
    const configuration = await client.discovery(
      new URL(relay.issuer),
      clientId,
      {},
      client.PrivateKeyJwt({ key: certificate.privateKey as CryptoKey, kid: certificate.thumbprint }),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    assert.equal(configuration.serverMetadata().issuer, relay.issuer);
    const granted = await client.clientCredentialsGrant(configuration, { resource: `${relay.issuer}/v1` });
    assert.equal(granted.token_type, 'bearer');
    assert.equal(granted.expires_in, 600);
  }
});

test('oauth4webapi gets a token and validates it with the published keys', async t => {
  const relay = await startTestRelay(t);
  const { clientId, certificate, realm } = await enrolOrganization(relay);
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(relay.issuer);
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  );
  assert.ok(server.grant_types_supported?.includes('client_credentials'));
  assert.ok(server.token_endpoint_auth_methods_supported?.includes('private_key_jwt'));
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: clientId },
    oauth.PrivateKeyJwt({ key: certificate.privateKey as CryptoKey, kid: certificate.thumbprint }),
    { resource: `${relay.issuer}/v1` },
    insecure,
  );
  const { access_token: token } = await oauth.processClientCredentialsResponse(
    server,
    { client_id: clientId },
    response,
  );
  const request = new Request(`${relay.issuer}/v1/notifications`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const claims = await oauth.validateJwtAccessToken(server, request, `${relay.issuer}/v1`, insecure);
  assert.equal(claims.client_id, clientId);
  assert.equal(claims['realm'], realm);
});

test('oauth4webapi reads a refusal as the OAuth error that it is', async t => {
  const relay = await startTestRelay(t);
  const { clientId } = await enrolOrganization(relay);
  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const server = { issuer: relay.issuer, token_endpoint: `${relay.issuer}/oauth/token` };
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: clientId },
    oauth.PrivateKeyJwt({ key: stranger.privateKey as CryptoKey, kid: stranger.thumbprint }),
    {},
    { [oauth.allowInsecureRequests]: true },
  );
  await assert.rejects(
    oauth.processClientCredentialsResponse(server, { client_id: clientId }, response),
    (error: unknown) =>
      error instanceof oauth.ResponseBodyError &&
      error.error === 'invalid_client' &&
      /not registered for this client; register the certificate/.test(error.error_description ?? ''),
  );
});
