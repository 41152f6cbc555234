// RFC 8628, judged by two clients that are not ours: openid-client and oauth4webapi discover the relay, ask for codes,
// poll, and understand every answer. What the flow yields enrols the approved certificate.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { deviceFlowClientId } from '../../../src/contract/device-flow.ts';
import { openDatabase } from '../../../src/database/database.ts';
import type { RelaySchema } from '../../../src/relay/database/schema.ts';
import { decideDeviceAuthorization } from '../../../src/relay/oauth/device-flow/approval.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { makeOrganizationCertificate } from '../../fixtures/organization-certificate.ts';
import { enrolmentBody, postJson, startTestRelay, type TestRelay } from '../../fixtures/relay.ts';
import { RunningClock } from '../../fixtures/running-clock.ts';

const insecure = { [oauth.allowInsecureRequests]: true };
const publicClient = { client_id: deviceFlowClientId };

async function waitingRelay(t: TestContext) {
  // two polls are too fast, and eleven guesses too many, however long the machine stands still between them
  const relay = await startTestRelay(t, { overrides: { clock: new RunningClock() } });
  await relay.administration.addOrganization('fabrikam.com');
  const certificate = await makeOrganizationCertificate({ key: 'p-256' });
  const asked = { organization: 'Fabrikam.com', certificate: certificate.der.toString('base64') };
  const database = openDatabase<RelaySchema>(relay.config.database, { clock: new SystemClock() });
  t.after(() => database[Symbol.asyncDispose]());
  const decide = (userCode: string, decision: 'approve' | 'deny') =>
    decideDeviceAuthorization(database.db, {
      userCode,
      keyId: certificate.thumbprint,
      decision,
      administrator: { actorKind: 'administrator', actor: 'anna@fabrikam.com', address: null },
      organizationId: null,
      now: Date.now(),
    });
  return { relay, certificate, asked, decide };
}

async function discover({ issuer }: TestRelay): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure });
  return oauth.processDiscoveryResponse(url, response);
}

test('openid-client waits for the approval, and the code that it gets enrols the certificate', async t => {
  const { relay, certificate, asked, decide } = await waitingRelay(t);
  const { issuer } = relay;
  const configuration = await client.discovery(new URL(issuer), deviceFlowClientId, {}, client.None(), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  });
  const codes = await client.initiateDeviceAuthorization(configuration, asked);
  assert.equal(codes.expires_in, 600);
  assert.equal(codes.interval, 5);
  assert.equal(codes.verification_uri, `${issuer}/console/approve`);
  assert.equal(codes.verification_uri_complete, `${issuer}/console/approve?code=${codes.user_code}`);
  await decide(codes.user_code, 'approve');
  const granted = await client.pollDeviceAuthorizationGrant(configuration, codes);
  const code = granted.access_token;
  assert.equal(granted.expires_in, 300);

  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const swapped = await postJson(
    `${issuer}/v1/enrolments`,
    await enrolmentBody({ issuer, code, certificate: stranger }),
  );
  assert.equal(((await swapped.json()) as { code: string }).code, 'certificate-not-approved');
  const url = `${issuer}/v1/enrolments`;
  assert.equal((await postJson(url, await enrolmentBody({ issuer, code, certificate }))).status, 201);
  const again = await postJson(url, await enrolmentBody({ issuer, code, certificate }));
  assert.equal(((await again.json()) as { code: string }).code, 'enrolment-code-used');
  const [credential] = await relay.administration.credentials('fabrikam.com');
  assert.equal(credential?.registeredBy, 'device-flow');
});

test('oauth4webapi understands every answer of the token endpoint (RFC 8628 §3.5)', async t => {
  const { relay, asked, decide } = await waitingRelay(t);
  const server = await discover(relay);
  const start = async () =>
    oauth.processDeviceAuthorizationResponse(
      server,
      publicClient,
      await oauth.deviceAuthorizationRequest(server, publicClient, oauth.None(), asked, insecure),
    );
  const poll = async (deviceCode: string): Promise<string> => {
    const response = await oauth.deviceCodeGrantRequest(
      server,
      publicClient,
      oauth.None(),
      deviceCode,
      insecure,
    );
    try {
      const { access_token } = await oauth.processDeviceCodeResponse(server, publicClient, response);
      return access_token;
    } catch (error) {
      assert.ok(error instanceof oauth.ResponseBodyError, String(error));
      assert.equal(error.status, 400);
      assert.ok(error.error_description);
      return error.error;
    }
  };
  const first = await start();
  assert.equal(await poll(first.device_code), 'authorization_pending');
  assert.equal(await poll(first.device_code), 'slow_down');
  await decide(first.user_code, 'approve');
  const answers = await Promise.all(Array.from({ length: 5 }, () => poll(first.device_code)));
  assert.equal(answers.filter(answer => answer === 'invalid_grant').length, 4, 'one of five gets the code');
  assert.equal(await poll(first.device_code), 'invalid_grant');
  const denied = await start();
  await decide(denied.user_code, 'deny');
  assert.equal(await poll(denied.device_code), 'access_denied');
  assert.equal(await poll('guessed'), 'invalid_grant');
  assert.equal(await poll('x'.repeat(1000)), 'invalid_request');
  for (let guess = 0; guess < 10; guess += 1) await poll(`guess ${guess}`);
  assert.equal(await poll('one guess too many'), 'slow_down');
});

test('the public client may use this grant alone, and the grant belongs to it alone', async t => {
  const { relay, asked } = await waitingRelay(t);
  const server = await discover(relay);
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    publicClient,
    oauth.None(),
    {},
    insecure,
  );
  await assert.rejects(
    oauth.processClientCredentialsResponse(server, publicClient, response),
    oauth.ResponseBodyError,
  );
  const { applicationId } = await relay.administration.organization('fabrikam.com');
  const asApplication = { client_id: applicationId };
  const wrongClient = await oauth.deviceCodeGrantRequest(server, asApplication, oauth.None(), 'x', insecure);
  assert.ok(wrongClient.status === 400 || wrongClient.status === 401);
  await assert.rejects(
    oauth.processDeviceAuthorizationResponse(
      server,
      asApplication,
      await oauth.deviceAuthorizationRequest(server, asApplication, oauth.None(), asked, insecure),
    ),
    (error: unknown) => error instanceof oauth.ResponseBodyError && error.error === 'invalid_request',
  );
});
