// What is good for one use is used twenty times at once, and once more after the relay was killed and started again:
// one use counts, and what was used is remembered by the database, not by the process.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { deviceCodeGrant, deviceFlowClientId } from '../../src/contract/device-flow.ts';
import { registrationResponseSchema, ticketType } from '../../src/contract/registration.ts';
import { openDatabase } from '../../src/database/database.ts';
import { demoApp, writeConfigurations } from '../../src/demo/system.ts';
import { openRelayAdministration } from '../../src/relay/administration/relay-administration.ts';
import { parseRelayConfig } from '../../src/relay/config.ts';
import type { RelaySchema } from '../../src/relay/database/schema.ts';
import { decideDeviceAuthorization } from '../../src/relay/oauth/device-flow/approval.ts';
import { SystemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { ApnsSimulator } from '../../src/simulators/apns/apns-simulator.ts';
import { createTestCertificate } from '../../src/simulators/certificate.ts';
import { WebPushSimulator } from '../../src/simulators/webpush/webpush-simulator.ts';
import { requestApproval } from '../fixtures/device-approval.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import {
  clientAssertion,
  enrolmentBody,
  enrolOrganization,
  postJson,
  requestToken,
} from '../fixtures/relay.ts';
import { ServiceProcess } from '../fixtures/service-process.ts';
import { patiently } from '../fixtures/until.ts';

type OneUse = {
  what: string;
  use(): Promise<Response>;
  /** How a second use is refused: for what it is, or because too many were tried. */
  refusals: readonly string[];
};

test('what is good for one use is used once, also across kill -9', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'mbr-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const simulated = {
    clock,
    certificate: await createTestCertificate({ hosts: ['localhost', '127.0.0.1'] }),
  };
  await using apns = await ApnsSimulator.start(simulated);
  await using webPush = await WebPushSimulator.start(simulated);
  const files = await writeConfigurations({ folder, source: {} }, { apns, webPush });
  const { issuer, database, metrics } = parseRelayConfig(files.relay);
  await using relay = new ServiceProcess({
    args: ['relay', 'serve', '--config', files.relayFile],
    healthUrl: `http://127.0.0.1:${metrics.port}/health`,
  });
  await relay.start();
  await using administration = await openRelayAdministration(parseRelayConfig(files.relay), {
    clock,
    random: systemRandom,
  });
  const organization = await enrolOrganization({ issuer, administration });
  const { certificate, realm, clientId } = organization;

  const ticket = (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      ...{ iss: clientId, aud: issuer, realm, app: demoApp, installation: 'phone-01' },
      ...{ jti: systemRandom.uuid(), iat: now, exp: now + 600 },
    })
      .setProtectedHeader({ typ: ticketType, alg: certificate.algorithm, kid: certificate.thumbprint })
      .sign(certificate.privateKey);
  };
  const register = (shown: string) => {
    const device = apns.registerDevice({ topic: demoApp });
    const target = { provider: 'apns', environment: device.environment, token: device.token };
    return { device, answer: postJson(`${issuer}/v1/registrations`, { ticket: shown, target }) };
  };
  const { device, answer } = register(await ticket());
  const { pending } = registrationResponseSchema.parse(await (await answer).json());
  const code = await device.waitForCode(patiently());

  const { enrolment } = await administration.addOrganization('contoso.com');
  const { deviceCode, userCode, certificate: approved } = await requestApproval({ issuer }, 'contoso.com');
  {
    await using beside = openDatabase<RelaySchema>(database, { clock });
    await decideDeviceAuthorization(beside.db, {
      userCode,
      keyId: approved.thumbprint,
      decision: 'approve',
      administrator: { actorKind: 'administrator', actor: 'anna@contoso.com', address: null },
      organizationId: null,
      now: Date.now(),
    });
  }
  const assertion = await clientAssertion({ issuer }, organization);
  const usedTicket = await ticket();
  const oneUses: OneUse[] = [
    {
      what: 'a client assertion',
      use: () => requestToken({ issuer }, assertion),
      refusals: ['proof-replayed'],
    },
    {
      what: 'a registration ticket, by another device each time',
      use: () => register(usedTicket).answer,
      refusals: ['ticket-used'],
    },
    {
      what: 'the code that was pushed to a device',
      use: () => postJson(`${issuer}/v1/registrations/confirm`, { pending, code }),
      refusals: ['challenge-invalid', 'too-many-requests'],
    },
    {
      what: 'an enrolment code, for another certificate each time',
      use: async () => {
        const stranger = await makeOrganizationCertificate({ key: 'p-256' });
        const body = await enrolmentBody({ issuer, code: enrolment.code.reveal(), certificate: stranger });
        return postJson(`${issuer}/v1/enrolments`, body);
      },
      refusals: ['enrolment-code-used', 'too-many-requests'],
    },
    {
      what: 'an approved device code',
      use: () =>
        fetch(`${issuer}/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: deviceCodeGrant,
            client_id: deviceFlowClientId,
            device_code: deviceCode,
          }),
        }),
      refusals: ['invalid_grant', 'slow_down'],
    },
  ];
  /** Answers how many of the uses counted. */
  const used = async ({ use, refusals, what }: OneUse, times: number): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: times }, use));
    const refused = answers.filter(({ ok }) => !ok);
    for (const each of refused) {
      const { code: reason, error } = (await each.json()) as { code?: string; error?: string };
      const known = [reason, error].some(word => word !== undefined && refusals.includes(word));
      assert.ok(known, `${what}: ${each.status} ${reason} ${error}`);
    }
    return answers.length - refused.length;
  };
  for (const each of oneUses) assert.equal(await used(each, 20), 1, each.what);
  await relay.kill9();
  await relay.start();
  for (const each of oneUses) assert.equal(await used(each, 1), 0, `${each.what}, after kill -9`);
});
