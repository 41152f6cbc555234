import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { makeOrganizationCertificate } from '../../../../test/fixtures/organization-certificate.ts';
import { relayDatabase } from '../../../../test/fixtures/relay-database.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Actor } from '../../administrators/audit-log.ts';
import { parseCertificate } from '../../organizations/certificate.ts';
import { approvedCodeLifetimeMs, redeemEnrolmentCode } from '../../organizations/enrolment-codes.ts';
import { addOrganization } from '../../organizations/organizations.ts';
import { decideDeviceAuthorization, findDeviceAuthorization } from './approval.ts';
import {
  pollDeviceAuthorization,
  purgeDeviceAuthorizations,
  startDeviceAuthorization,
} from './device-authorizations.ts';

const failsWith = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
const administrator: Actor = { actorKind: 'administrator', actor: 'anna@fabrikam.com', address: '192.0.2.7' };

async function parts(t: TestContext) {
  const relay = await relayDatabase(t);
  const { db, clock, random } = relay;
  const { organization, enrolment } = await addOrganization(db, { domain: 'fabrikam.com' }, relay);
  const { organization: other } = await addOrganization(db, { domain: 'contoso.com' }, relay);
  const made = await makeOrganizationCertificate({ key: 'p-256' });
  const certificate = parseCertificate(made.der.toString('base64'));
  const start = (organizationId = organization.id, address = '198.51.100.1') =>
    startDeviceAuthorization(
      db,
      { organizationId, certificate, proxyVersion: '1.2.3', address },
      { now: clock.now(), random },
    );
  const poll = (code: string) => pollDeviceAuthorization(db, code, { now: clock.now(), random });
  const find = (userCode: string, organizationId: string | null = organization.id) =>
    findDeviceAuthorization(db, userCode, { now: clock.now(), organizationId });
  const decide = (userCode: string, change: Partial<Parameters<typeof decideDeviceAuthorization>[1]> = {}) =>
    decideDeviceAuthorization(db, {
      userCode,
      keyId: certificate.thumbprint,
      decision: 'approve',
      administrator,
      organizationId: organization.id,
      now: clock.now(),
      ...change,
    });
  return { ...relay, organization, enrolment, other, made, certificate, start, poll, find, decide };
}

test('an administrator sees what the proxy shows, however the code is typed', async t => {
  const { start, find, other, made, certificate, clock } = await parts(t);
  const { userCode, deviceCode } = await start();
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.ok(Buffer.from(deviceCode.reveal(), 'base64url').length * 8 >= 256);
  const shown = await find(` ${userCode.toLowerCase().replace('-', ' ')} `);
  assert.equal(shown?.userCode, userCode);
  assert.equal(shown.organization, 'fabrikam.com');
  assert.equal(shown.keyId, certificate.thumbprint);
  assert.equal(shown.thumbprint, createHash('sha1').update(made.der).digest('hex').toUpperCase());
  assert.equal(shown.subject, 'CN=Fabrikam mail');
  assert.deepEqual([shown.notBefore, shown.notAfter], [certificate.notBefore, certificate.notAfter]);
  assert.deepEqual([shown.proxyVersion, shown.address], ['1.2.3', '198.51.100.1']);
  assert.deepEqual([shown.requestedAt, shown.expiresAt - clock.now()], [clock.now(), 600_000]);
  assert.equal(shown.decision, null);
  assert.equal(await find(userCode, other.id), undefined, "another organization's administrator");
  assert.ok(await find(userCode, null), 'whoever sees all');
  await clock.advance(600_000);
  assert.equal(await find(userCode), undefined, 'expired');
});

test('the device code is stored as a hash', async t => {
  const { start, db } = await parts(t);
  const { deviceCode } = await start();
  const stored = JSON.stringify(await db.selectFrom('device_authorization').selectAll().execute());
  assert.ok(!stored.includes(deviceCode.reveal()));
});

test('each poll that comes too early makes the interval five seconds longer (RFC 8628 §3.5)', async t => {
  const { start, poll, clock } = await parts(t);
  const code = (await start()).deviceCode.reveal();
  const after = async (ms: number) => {
    await clock.advance(ms);
    return (await poll(code)).kind;
  };
  assert.equal(await after(0), 'pending');
  assert.equal(await after(4600), 'pending', 'a timer that fires a little early');
  assert.equal(await after(4000), 'too-fast');
  assert.equal(await after(6000), 'too-fast', 'ten seconds by now');
  assert.equal(await after(15_000), 'pending');
});

test('an approval yields a code for that certificate alone, once, for five minutes', async t => {
  const { start, poll, decide, db, clock, random, organization, certificate, enrolment } = await parts(t);
  const { userCode, deviceCode } = await start();
  await decide(userCode);
  const code = deviceCode.reveal();
  const polls = await Promise.all(
    Array.from({ length: 10 }, () => pollDeviceAuthorization(db, code, { now: clock.now(), random })),
  );
  const [approved, ...more] = polls.filter(each => each.kind === 'approved');
  assert.equal(more.length, 0);
  assert.equal((await poll(code)).kind, 'unknown', 'redeemed');
  assert.ok(approved?.kind === 'approved');
  assert.equal(approved.enrolment.expiresAt, clock.now() + approvedCodeLifetimeMs);
  const redeemed = await redeemEnrolmentCode(db, approved.enrolment.code.reveal(), clock.now());
  assert.deepEqual(redeemed, {
    organizationId: organization.id,
    approval: { keyId: certificate.thumbprint, approvedBy: 'anna@fabrikam.com' },
  });
  const operators = await redeemEnrolmentCode(db, enrolment.code.reveal(), clock.now());
  assert.deepEqual(operators, { organizationId: organization.id }, "the operator's code stayed good");
});

test('a decision falls once, of the certificate that was shown, by who may, in time', async t => {
  const { start, poll, decide, other, clock, audited } = await parts(t);
  const first = await start();
  await assert.rejects(decide('BBBB-BBBB'), failsWith('device-code-unknown'));
  await assert.rejects(decide(first.userCode, { keyId: 'another' }), failsWith('device-code-unknown'));
  await assert.rejects(
    decide(first.userCode, { organizationId: other.id }),
    failsWith('device-code-unknown'),
  );
  assert.equal((await poll(first.deviceCode.reveal())).kind, 'pending', 'none of them decided anything');
  const decisions = await Promise.allSettled([
    decide(first.userCode, { decision: 'deny' }),
    decide(first.userCode),
    decide(first.userCode),
  ]);
  assert.deepEqual(decisions.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
  await assert.rejects(decide(first.userCode), failsWith('device-code-decided'));
  assert.equal((await poll(first.deviceCode.reveal())).kind, 'denied');

  const late = await start();
  await clock.advance(600_000);
  await assert.rejects(decide(late.userCode), failsWith('device-code-unknown'));
  assert.equal((await poll(late.deviceCode.reveal())).kind, 'expired');
  const acts = (await audited()).filter(({ action }) => action.startsWith('device-authorization'));
  assert.deepEqual(
    acts.map(({ action, actor, address, detail }) => [action, actor, address, detail?.['askedFrom']]),
    [['device-authorization.deny', 'anna@fabrikam.com', '192.0.2.7', '198.51.100.1']],
  );
});

test('what was approved must be fetched in time', async t => {
  const { start, poll, decide, clock } = await parts(t);
  const { userCode, deviceCode } = await start();
  await decide(userCode);
  await clock.advance(600_000);
  assert.equal((await poll(deviceCode.reveal())).kind, 'expired');
});

test('ten may wait for one organization; others are not held up, and time makes room', async t => {
  const { start, decide, organization, other, clock } = await parts(t);
  const from = (last: number) => start(organization.id, `198.51.100.${last}`);
  const first = await from(0);
  for (let last = 1; last < 10; last += 1) await from(last);
  await assert.rejects(from(10), failsWith('too-many-requests'));
  await start(other.id);
  await decide(first.userCode, { decision: 'deny' });
  await from(10);
  await assert.rejects(from(11), failsWith('too-many-requests'));
  await clock.advance(600_000);
  await from(11);
});

test('asking again for the same certificate from the same place ends the code before', async t => {
  const { start, poll, organization } = await parts(t);
  const first = await start();
  const elsewhere = await start(organization.id, '203.0.113.5');
  for (let times = 0; times < 20; times += 1) await start();
  assert.equal((await poll(first.deviceCode.reveal())).kind, 'expired');
  assert.equal((await poll(elsewhere.deviceCode.reveal())).kind, 'pending');
});

test('the purge keeps what a late proxy must still be told', async t => {
  const { start, poll, db, clock } = await parts(t);
  const code = (await start()).deviceCode.reveal();
  await clock.advance(600_000);
  await purgeDeviceAuthorizations(db, clock.now());
  assert.equal((await poll(code)).kind, 'expired');
  await clock.advance(3_600_000);
  await purgeDeviceAuthorizations(db, clock.now());
  assert.equal((await poll(code)).kind, 'unknown');
});
