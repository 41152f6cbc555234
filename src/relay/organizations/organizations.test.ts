import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Kysely } from 'kysely';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import { AppError } from '../../runtime/errors.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { listAudit } from '../administrators/audit-log.ts';
import { relayMigrations } from '../database/migrations.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { Certificate } from './certificate.ts';
import { enrolmentCodeLifetimeMs, redeemEnrolmentCode } from './enrolment-codes.ts';
import { isUsable, registerKeyCredential, revokeKeyCredential } from './key-credentials.ts';
import {
  changeOrganization,
  deactivateOrganization,
  newEnrolmentCode,
  reactivateOrganization,
  revokeTargets,
} from './organization-changes.ts';
import { addOrganization, organizationByDomain } from './organizations.ts';
import { purgeUsedIdentifiers, useOnce } from './used-identifiers.ts';

const failsWith = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

async function parts(t: TestContext) {
  const clock = new ManualClock();
  const database = openDatabase<RelaySchema>({ path: ':memory:' }, { clock });
  t.after(() => database[Symbol.asyncDispose]());
  await migrate(database.db, relayMigrations);
  const actor = { actorKind: 'command' as const, actor: 'root', address: null };
  return { db: database.db, clock, actor, collaborators: { clock, random: systemRandom, actor } };
}

test('a domain is normalized, taken once, and checked', async t => {
  const { db, collaborators } = await parts(t);
  const { organization } = await addOrganization(db, { domain: ' Fabrikam.COM. ' }, collaborators);
  assert.equal(organization.domain, 'fabrikam.com');
  assert.match(organization.realm, /^[0-9a-f-]{36}$/);
  assert.notEqual(organization.applicationId, organization.id);
  await assert.rejects(
    addOrganization(db, { domain: 'fabrikam.com' }, collaborators),
    failsWith('organization-exists'),
  );
  for (const bad of ['', 'fabrikam', 'fabrikam..com', 'anna@fabrikam.com', 'https://fabrikam.com']) {
    await assert.rejects(
      addOrganization(db, { domain: bad }, collaborators),
      failsWith('domain-invalid'),
      bad,
    );
  }
  await assert.rejects(organizationByDomain(db, 'contoso.com'), failsWith('organization-not-found'));
});

test('an enrolment code is stored as a hash, lives for a day, and the newest one counts', async t => {
  const { db, clock, collaborators } = await parts(t);
  const { organization, enrolment } = await addOrganization(db, { domain: 'fabrikam.com' }, collaborators);
  const first = enrolment.code.reveal();
  assert.ok(first.replaceAll('-', '').length * 5 >= 128, 'bits');
  const stored = JSON.stringify(await db.selectFrom('enrolment_code').selectAll().execute());
  assert.ok(!stored.includes(first) && !stored.includes(first.replaceAll('-', '')));
  const { enrolment: second } = await newEnrolmentCode(db, 'fabrikam.com', collaborators);
  await assert.rejects(redeemEnrolmentCode(db, first, clock.now()), failsWith('enrolment-code-expired'));
  const code = second.code.reveal();
  await assert.rejects(
    redeemEnrolmentCode(db, code, clock.now() + enrolmentCodeLifetimeMs),
    failsWith('enrolment-code-expired'),
  );
  const late = clock.now() + enrolmentCodeLifetimeMs - 1;
  assert.deepEqual(await redeemEnrolmentCode(db, code, late), { organizationId: organization.id });
  await assert.rejects(redeemEnrolmentCode(db, code, late), failsWith('enrolment-code-used'));
});

test('deactivating keeps the first reason and time; reactivating clears them', async t => {
  const { db, clock, actor, collaborators } = await parts(t);
  await addOrganization(db, { domain: 'fabrikam.com' }, collaborators);
  const act = { now: clock.now(), actor };
  const ended = await deactivateOrganization(db, 'fabrikam.com', { ...act, reason: 'left' });
  await deactivateOrganization(db, 'fabrikam.com', { actor, reason: 'again', now: clock.now() + 1 });
  assert.deepEqual(await organizationByDomain(db, 'fabrikam.com'), ended);
  assert.deepEqual([ended.active, ended.endedReason], [false, 'left']);
  await assert.rejects(
    newEnrolmentCode(db, 'fabrikam.com', collaborators),
    failsWith('organization-inactive'),
  );
  const { active, endedReason } = await reactivateOrganization(db, 'fabrikam.com', act);
  assert.deepEqual([active, endedReason], [true, null]);
  assert.equal((await revokeTargets(db, 'fabrikam.com', act)).sealEpoch, 2);
  assert.deepEqual(await actions(db), [
    'organization.add',
    'organization.deactivate',
    'organization.reactivate',
    'organization.revoke-targets',
  ]);
});

test('targets are revoked with the organization, or when it comes back, where that is asked for', async t => {
  const { db, clock, actor, collaborators } = await parts(t);
  await addOrganization(db, { domain: 'fabrikam.com' }, collaborators);
  const act = { now: clock.now(), actor, revokeTargets: true };
  const { sealEpoch } = await deactivateOrganization(db, 'fabrikam.com', { ...act, reason: 'left' });
  assert.equal(sealEpoch, 2);
  assert.equal((await reactivateOrganization(db, 'fabrikam.com', act)).sealEpoch, 3);
});

test('only what differs is changed, and the audit log says what', async t => {
  const { db, clock, actor, collaborators } = await parts(t);
  const act = { now: clock.now(), actor };
  await addOrganization(db, { domain: 'fabrikam.com', name: 'Fabrikam' }, collaborators);
  const settings = { name: 'Fabrikam', directTrust: true, quotaPerSecond: 10 };
  const changed = await changeOrganization(db, 'Fabrikam.com', settings, act);
  assert.deepEqual([changed.name, changed.directTrust, changed.quotaPerSecond], ['Fabrikam', true, 10]);
  await changeOrganization(db, 'fabrikam.com', settings, act);
  assert.equal(
    (await changeOrganization(db, 'fabrikam.com', { quotaPerSecond: null }, act)).quotaPerSecond,
    null,
  );
  const { entries } = await listAudit(db, { limit: 10 });
  assert.deepEqual(
    entries.map(entry => entry.detail),
    [{ quotaPerSecond: null }, { directTrust: true, quotaPerSecond: 10 }, null],
  );
});

async function actions(db: Kysely<RelaySchema>): Promise<string[]> {
  const { entries } = await listAudit(db, { limit: 100 });
  return entries.map(entry => entry.action).reverse();
}

test('a key credential never reaches beyond the dates of its certificate', async t => {
  const { db, clock, collaborators } = await parts(t);
  const { organization } = await addOrganization(db, { domain: 'fabrikam.com' }, collaborators);
  const now = clock.now();
  const certificate: Certificate = {
    thumbprint: 'kid',
    der: '',
    publicJwk: {},
    notBefore: now - 10,
    notAfter: now + 10,
  };
  const register = (dates: { startAt?: number; endAt?: number }) =>
    registerKeyCredential(db, {
      applicationId: organization.applicationId,
      certificate,
      registeredBy: 'rotation',
      now,
      ...dates,
    });
  for (const dates of [{ startAt: now - 11 }, { endAt: now + 11 }, { startAt: now + 5, endAt: now + 5 }]) {
    await assert.rejects(register(dates), failsWith('certificate-invalid'));
  }
  const { credential, added } = await register({ startAt: now - 1 });
  assert.ok(added);
  assert.deepEqual(
    [credential.type, credential.usage, credential.startAt, credential.endAt],
    ['asymmetric', 'verify', now - 1, now + 10],
  );
  assert.equal((await register({})).added, false, 'a duplicate is reported, not added');
  assert.ok(isUsable(credential, now + 9));
  assert.ok(!isUsable(credential, now + 10), 'the end is not part of it');
  assert.ok(!isUsable(credential, now - 2));
  const revoked = await revokeKeyCredential(db, 'kid', { reason: 'lost', now });
  assert.ok(!isUsable(revoked, now));
  await assert.rejects(register({}), failsWith('credential-revoked'), 'a revoked one stays revoked');
});

test('of many simultaneous uses one is the first, and the purge forgets only what has expired', async t => {
  const { db } = await parts(t);
  const use = { purpose: 'ticket', id: 'jti', expiresAt: 1000 } as const;
  const uses = await Promise.all(Array.from({ length: 20 }, () => useOnce(db, use)));
  assert.equal(uses.filter(Boolean).length, 1);
  assert.ok(await useOnce(db, { ...use, purpose: 'proof' }), 'purposes do not meet');
  assert.equal(await purgeUsedIdentifiers(db, 999), 0);
  assert.equal(await useOnce(db, use), false);
  assert.equal(await purgeUsedIdentifiers(db, 1000), 2);
});
