// POST /v1/enrolments over real HTTP: a code works once and only with the key it is used for.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { problemSchema } from '../../src/contract/problem.ts';
import { makeOrganizationCertificate } from '../fixtures/organization-certificate.ts';
import {
  enrolmentBody,
  enrolOrganization,
  postJson,
  startTestRelay,
  type TestRelay,
} from '../fixtures/relay.ts';
import { TimelessClock } from '../fixtures/timeless-clock.ts';

const hourMs = 3_600_000;
const hour = 3600;
const seconds = (): number => Math.floor(Date.now() / 1000);

async function enrolment(relay: TestRelay, domain = 'fabrikam.com') {
  const { enrolment: made } = await relay.administration.addOrganization(domain);
  const certificate = await makeOrganizationCertificate({ key: 'p-256' });
  return { code: made.code.reveal(), certificate, issuer: relay.issuer };
}

async function enrolled(relay: TestRelay, body: unknown): Promise<number> {
  return (await postJson(`${relay.issuer}/v1/enrolments`, body)).status;
}

async function refused(relay: TestRelay, body: unknown) {
  const response = await postJson(`${relay.issuer}/v1/enrolments`, body);
  assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/);
  const problem = problemSchema.parse(await response.json());
  assert.equal(problem.status, response.status);
  return problem;
}

test('a code printed for people works however it is typed, once', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  assert.match(parts.code, /^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{1,5}){5}$/);
  const body = await enrolmentBody(parts);
  assert.equal(
    await enrolled(relay, { ...body, code: ` ${parts.code.toLowerCase().replaceAll('-', ' ')} ` }),
    201,
  );
  const again = await refused(relay, await enrolmentBody(parts));
  assert.equal(again.code, 'enrolment-code-used');
  assert.match(again.hint ?? '', /new-code/);
});

test('of two proxies that use one code at once, one is enrolled', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  const other = await makeOrganizationCertificate({ key: 'p-256' });
  const statuses = await Promise.all([
    enrolled(relay, await enrolmentBody(parts)),
    enrolled(relay, await enrolmentBody({ ...parts, certificate: other })),
  ]);
  assert.deepEqual(statuses.sort(), [201, 409]);
  assert.equal((await relay.administration.credentials('fabrikam.com')).length, 1);
});

test('a certificate that is registered already is reported, not added', async t => {
  const relay = await startTestRelay(t);
  const { certificate, domain } = await enrolOrganization(relay);
  const { enrolment: made } = await relay.administration.newEnrolmentCode(domain);
  const code = made.code.reveal();
  const response = await postJson(
    `${relay.issuer}/v1/enrolments`,
    await enrolmentBody({ issuer: relay.issuer, code, certificate }),
  );
  assert.equal(response.status, 200);
  assert.equal((await relay.administration.credentials(domain)).length, 1);
});

test('one certificate cannot serve two organizations, and the refused one may use its code again', async t => {
  const relay = await startTestRelay(t);
  const { certificate } = await enrolOrganization(relay);
  const parts = await enrolment(relay, 'contoso.com');
  assert.equal(
    (await refused(relay, await enrolmentBody({ ...parts, certificate }))).code,
    'credential-duplicate',
  );
  assert.equal(await enrolled(relay, await enrolmentBody(parts)), 201);
});

test('a proof works once, also with a new code', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  const body = await enrolmentBody(parts);
  assert.equal(await enrolled(relay, body), 201);
  assert.equal((await refused(relay, body)).code, 'proof-replayed');
});

test('a bad proof or certificate is refused, and leaves the code usable', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  const stranger = await makeOrganizationCertificate({ key: 'p-256' });
  const body = await enrolmentBody(parts);
  const cases: [name: string, code: string, body: unknown][] = [
    ["another key's proof", 'proof-invalid', await enrolmentBody({ ...parts, signer: stranger })],
    [
      'a proof for another relay',
      'proof-invalid',
      await enrolmentBody({ ...parts, claims: { aud: 'https://elsewhere.example' } }),
    ],
    [
      'a proof for another code',
      'proof-invalid',
      await enrolmentBody({ ...parts, claims: { code_hash: 'x' } }),
    ],
    ['a proof of another kind', 'proof-invalid', await enrolmentBody({ ...parts, typ: 'JWT' })],
    [
      'a proof without end',
      'proof-invalid',
      await enrolmentBody({ ...parts, claims: { exp: seconds() + hour } }),
    ],
    [
      'a clock an hour off',
      'clock-skewed',
      await enrolmentBody({ ...parts, claims: { iat: seconds() + hour, exp: seconds() + hour + 60 } }),
    ],
    ['no certificate', 'certificate-invalid', { ...body, certificate: 'AAAA' }],
    ['a PEM', 'certificate-invalid', { ...body, certificate: '-----BEGIN CERTIFICATE-----' }],
  ];
  for (const [name, code, wrong] of cases) {
    await t.test(name, async () => {
      const problem = await refused(relay, wrong);
      assert.equal(problem.code, code, problem.detail);
      assert.ok(problem.hint);
    });
  }
  assert.equal(await enrolled(relay, body), 201);
});

test('a certificate that is too weak, too old or too new is refused with what to do', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  const cases: [code: string, Parameters<typeof makeOrganizationCertificate>[0]][] = [
    ['certificate-key-too-small', { rsaBits: 1024 }],
    ['certificate-invalid', { key: 'p-384' }],
    [
      'certificate-expired',
      { key: 'p-256', notBefore: new Date(Date.now() - 2 * hourMs), notAfter: new Date(Date.now() - hourMs) },
    ],
    ['certificate-not-yet-valid', { key: 'p-256', notBefore: new Date(Date.now() + hourMs) }],
  ];
  for (const [code, options] of cases) {
    const certificate = await makeOrganizationCertificate(options);
    const signer = parts.certificate; // jose signs with no short key, and the certificate is judged first
    const problem = await refused(relay, await enrolmentBody({ ...parts, certificate, signer }));
    assert.equal(problem.code, code, problem.detail);
    assert.ok(problem.hint);
  }
});

test('an unknown, an expired and a superseded code are told apart', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  const unknown = { ...parts, code: '00000-00000-00000-00000-00000-0' };
  assert.equal((await refused(relay, await enrolmentBody(unknown))).code, 'enrolment-code-invalid');
  const { enrolment: newer } = await relay.administration.newEnrolmentCode('fabrikam.com');
  assert.equal((await refused(relay, await enrolmentBody(parts))).code, 'enrolment-code-expired');
  expireCodes(relay);
  const late = { ...parts, code: newer.code.reveal() };
  assert.equal((await refused(relay, await enrolmentBody(late))).code, 'enrolment-code-expired');
});

test('a deactivated organization cannot enrol', async t => {
  const relay = await startTestRelay(t);
  const parts = await enrolment(relay);
  await relay.administration.deactivateOrganization('fabrikam.com', 'left');
  assert.equal((await refused(relay, await enrolmentBody(parts))).code, 'organization-inactive');
});

test('whoever tries codes from one address is slowed down', async t => {
  const relay = await startTestRelay(t, { overrides: { clock: new TimelessClock() } });
  const body = await enrolmentBody(await enrolment(relay));
  const answers: string[] = [];
  for (let tries = 0; tries < 12; tries++)
    answers.push((await refused(relay, { ...body, certificate: 'AAAA' })).code);
  assert.equal(answers.filter(code => code === 'certificate-invalid').length, 10);
  assert.equal(answers.at(-1), 'too-many-requests');
});

test('what is not an enrolment is refused without a 500', async t => {
  const relay = await startTestRelay(t);
  const body = await enrolmentBody(await enrolment(relay));
  const cases: [name: string, status: number, body: unknown][] = [
    ['no JSON', 400, '{'],
    ['nothing', 400, ''],
    ['an array', 400, []],
    ['an unknown member', 400, { ...body, administrator: true }],
    ['a missing member', 400, { code: body.code }],
    ['a member of another type', 400, { ...body, code: 17 }],
    ['a duplicate that counts last', 400, `{"code":"a","code":1,"certificate":"","proof":""}`],
    ['a huge member', 400, { ...body, proof: 'x'.repeat(5000) }],
    ['a huge body', 413, { ...body, proof: 'x'.repeat(100_000) }],
  ];
  for (const [name, status, wrong] of cases) {
    assert.equal((await refused(relay, wrong)).status, status, name);
  }
  const form = await postJson(`${relay.issuer}/v1/enrolments`, 'a=b', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  assert.equal(form.status, 415);
});

/** As time would. */
function expireCodes({ config }: TestRelay): void {
  const database = new DatabaseSync(config.database.path);
  database.prepare('UPDATE enrolment_code SET expires_at = ? WHERE used_at IS NULL').run(Date.now() - 1);
  database.close();
}
