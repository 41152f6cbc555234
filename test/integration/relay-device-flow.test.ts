// POST /oauth/device_authorization over real HTTP: what is judged before an administrator is asked, and abuse of it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { oauthErrorSchema } from '../../src/contract/device-flow.ts';
import { relayVersionHeader, version } from '../../src/contract/versions.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { requestApproval } from '../fixtures/device-approval.ts';
import { assertDocumented } from '../fixtures/documented-relay.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import { enrolOrganization, startTestRelay, type TestRelay } from '../fixtures/relay.ts';
import { TimelessClock } from '../fixtures/timeless-clock.ts';

async function askable(t: TestContext, overrides: { clock?: Clock } = {}) {
  // Behind a reverse proxy, so that each case may come from an address of its own.
  const relay = await startTestRelay(t, { settings: { trusted_proxies: ['127.0.0.1'] }, overrides });
  await relay.administration.addOrganization('fabrikam.com');
  const certificate = (await makeOrganizationCertificate({ key: 'p-256' })).der.toString('base64');
  return { relay, form: { client_id: 'mailbadge-proxy', organization: 'fabrikam.com', certificate } };
}

let addresses = 0;

async function ask({ issuer }: TestRelay, body: BodyInit, headers: Record<string, string> = {}) {
  addresses += 1;
  const response = await fetch(`${issuer}/oauth/device_authorization`, {
    method: 'POST',
    headers: { 'x-forwarded-for': `192.0.2.${addresses}`, ...headers },
    body,
  });
  assert.equal(response.headers.get(relayVersionHeader), version);
  await assertDocumented('POST', '/oauth/device_authorization', response);
  return response;
}

async function refusal(relay: TestRelay, body: BodyInit, headers: Record<string, string> = {}) {
  const response = await ask(relay, body, headers);
  const { error, error_description: description = '', code } = oauthErrorSchema.parse(await response.json());
  assert.match(description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/); // RFC 6749 §5.2
  return { status: response.status, error, description, code };
}

test('a certificate that cannot count, and an organization that is none, are refused before anybody is asked', async t => {
  const { relay, form } = await askable(t);
  const hourMs = 3_600_000;
  const make = async (options: Parameters<typeof makeOrganizationCertificate>[0]) =>
    (await makeOrganizationCertificate(options)).der.toString('base64');
  const other = await enrolOrganization(relay, { domain: 'contoso.com' });
  const revoked = await enrolOrganization(relay, { domain: 'revoked.example.com' });
  await relay.administration.revokeCredential(revoked.certificate.thumbprint, 'lost');
  await enrolOrganization(relay, { domain: 'inactive.example.com' });
  await relay.administration.deactivateOrganization('inactive.example.com', 'left');
  const past = { notBefore: new Date(Date.now() - 2 * hourMs), notAfter: new Date(Date.now() - hourMs) };
  const cases: [code: string, status: number, change: Record<string, string>][] = [
    ['certificate-invalid', 400, { certificate: 'AAAA' }],
    ['certificate-invalid', 400, { certificate: '-----BEGIN PRIVATE KEY-----' }],
    ['certificate-invalid', 400, { certificate: form.certificate.slice(0, 200) }],
    ['certificate-key-too-small', 400, { certificate: await make({ rsaBits: 1024 }) }],
    ['certificate-expired', 400, { certificate: await make({ key: 'p-256', ...past }) }],
    [
      'certificate-not-yet-valid',
      400,
      { certificate: await make({ key: 'p-256', notBefore: new Date(Date.now() + hourMs) }) },
    ],
    ['credential-duplicate', 409, { certificate: other.certificate.der.toString('base64') }],
    [
      'credential-revoked',
      400,
      { organization: revoked.domain, certificate: revoked.certificate.der.toString('base64') },
    ],
    ['organization-not-found', 404, { organization: 'nobody.example' }],
    ['organization-inactive', 403, { organization: 'inactive.example.com' }],
    ['domain-invalid', 400, { organization: 'fabrikam' }],
  ];
  for (const [code, status, change] of cases) {
    await t.test(code, async () => {
      const refused = await refusal(relay, new URLSearchParams({ ...form, ...change }));
      assert.deepEqual([refused.code, refused.status], [code, status], refused.description);
      if (code === 'organization-not-found')
        assert.match(refused.description, /sign the organization up at http/);
    });
  }
  const proxy = await requestApproval(relay, 'FABRIKAM.com.');
  assert.match(proxy.userCode, /^[A-Z]{4}-[A-Z]{4}$/);
});

test('what is no such form is refused without a 500', async t => {
  const { relay, form } = await askable(t);
  const good = new URLSearchParams(form).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const cases: [name: string, status: number, body: BodyInit, headers?: Record<string, string>][] = [
    ['nothing', 400, '', type],
    ['JSON', 415, JSON.stringify(form), { 'content-type': 'application/json' }],
    ['a parameter twice', 400, `${good}&organization=contoso.com`, type],
    ['another client', 400, new URLSearchParams({ ...form, client_id: 'someone' })],
    ['no certificate', 400, 'client_id=mailbadge-proxy&organization=fabrikam.com', type],
    ['a huge certificate', 400, new URLSearchParams({ ...form, certificate: 'A'.repeat(20_000) })],
    ['a huge form', 413, new URLSearchParams({ ...form, x: 'A'.repeat(100_000) })],
    ['binary', 400, new Uint8Array([0xff, 0xfe, 0x00, 0x25]), type],
  ];
  for (const [name, status, body, headers] of cases) {
    assert.equal((await ask(relay, body, headers)).status, status, name);
  }
});

test('too old a proxy is told which version to install, here and at the token endpoint', async t => {
  const relay = await startTestRelay(t, { settings: { minimum_proxy_version: '2.0.0' } });
  await relay.administration.addOrganization('fabrikam.com');
  const old = { 'user-agent': 'Mailbadge-Proxy/1.9.9 (linux)' };
  const device = await refusal(relay, new URLSearchParams({ client_id: 'mailbadge-proxy' }), old);
  assert.deepEqual([device.status, device.code], [426, 'proxy-too-old']);
  assert.match(device.description, /install Mailbadge 2\.0\.0/);
  const token = await fetch(`${relay.issuer}/oauth/token`, {
    method: 'POST',
    headers: old,
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  assert.equal(token.status, 426);
  assert.equal(token.headers.get(relayVersionHeader), version);
  const told = oauthErrorSchema.parse(await token.json());
  assert.deepEqual([told.error, told.code], ['unauthorized_client', 'proxy-too-old']);
  const enrolment = await fetch(`${relay.issuer}/v1/enrolments`, { method: 'POST', headers: old });
  assert.equal(enrolment.status, 426);
  assert.equal(enrolment.headers.get(relayVersionHeader), version);
});

test('whoever asks again and again from one address is slowed down', async t => {
  const { relay, form } = await askable(t, { clock: new TimelessClock() });
  const from = { 'x-forwarded-for': '198.51.100.9' };
  const answers = [];
  for (let tries = 0; tries < 11; tries += 1) {
    answers.push(await ask(relay, new URLSearchParams({ ...form, organization: 'nobody.example' }), from));
  }
  assert.deepEqual(
    answers.map(({ status }) => status),
    [...Array.from({ length: 10 }, () => 404), 429],
  );
  assert.ok(Number(answers.at(-1)?.headers.get('retry-after')) > 0);
  const body = oauthErrorSchema.parse(await answers.at(-1)?.json());
  assert.deepEqual([body.error, body.code], ['slow_down', 'too-many-requests']);
});
