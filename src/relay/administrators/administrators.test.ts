import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { relayDatabase } from '../../../test/fixtures/relay-database.ts';
import { AppError } from '../../runtime/errors.ts';
import { addOrganization } from '../organizations/organizations.ts';
import {
  addAdministrator,
  administratorByEmail,
  disableAdministrator,
  enableAdministrator,
  listAdministrators,
  setPassword,
} from './administrators.ts';
import {
  endSession,
  openSession,
  renewSession,
  sessionIdleMs,
  sessionLifetimeMs,
  useSession,
} from './sessions.ts';

const failsWith = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
const origin = { address: '192.0.2.1', userAgent: 'Firefox' };

async function parts(t: TestContext) {
  const relay = await relayDatabase(t);
  const { db, clock, random, actor } = relay;
  const act = () => ({ now: clock.now(), actor });
  const operator = {
    email: ' Anna@Fabrikam.com',
    role: 'operator' as const,
    organizationId: null,
    passwordHash: 'x',
  };
  const anna = await addAdministrator(db, operator, { ...act(), random });
  return {
    ...relay,
    act,
    operator,
    anna,
    signIn: async () => (await openSession(db, anna.id, origin, { now: clock.now(), random })).reveal(),
    use: (token: string) => useSession(db, token, clock.now()),
  };
}

test('an account is one e-mail address, in lower case', async t => {
  const { db, random, act, anna, operator } = await parts(t);
  assert.equal(anna.email, 'anna@fabrikam.com');
  assert.equal((await administratorByEmail(db, 'ANNA@fabrikam.com')).id, anna.id);
  const again = { ...operator, email: 'anna@FABRIKAM.com' };
  await assert.rejects(addAdministrator(db, again, { ...act(), random }), failsWith('administrator-exists'));
  for (const email of ['', 'anna', 'anna@', `${'a'.repeat(260)}@fabrikam.com`, 'a\u0000@fabrikam.com']) {
    const bad = addAdministrator(db, { ...operator, email }, { ...act(), random });
    await assert.rejects(bad, failsWith('invalid-request'), email);
  }
  await assert.rejects(administratorByEmail(db, 'ben@fabrikam.com'), failsWith('administrator-not-found'));
});

test('the database itself refuses an operator of an organization, and an administrator of none', async t => {
  const { db, clock, random, act, actor, operator } = await parts(t);
  const { organization } = await addOrganization(db, { domain: 'fabrikam.com' }, { clock, random, actor });
  const wrong = [
    { ...operator, email: 'b@fabrikam.com', organizationId: organization.id },
    { ...operator, email: 'c@fabrikam.com', role: 'administrator' as const },
  ];
  for (const account of wrong) {
    await assert.rejects(addAdministrator(db, account, { ...act(), random }), /CHECK constraint/);
  }
});

test('an organization’s accounts are listed without any other', async t => {
  const { db, clock, random, act, actor, operator } = await parts(t);
  const collaborators = { clock, random, actor };
  const { organization: fabrikam } = await addOrganization(db, { domain: 'fabrikam.com' }, collaborators);
  const { organization: contoso } = await addOrganization(db, { domain: 'contoso.com' }, collaborators);
  for (const { id, domain } of [fabrikam, contoso]) {
    const account = { email: `ben@${domain}`, role: 'administrator' as const, organizationId: id };
    await addAdministrator(db, { ...operator, ...account }, { ...act(), random });
  }
  const emails = (await listAdministrators(db, { organizationId: contoso.id })).map(({ email }) => email);
  assert.deepEqual(emails, ['ben@contoso.com']);
  assert.equal((await listAdministrators(db)).length, 3);
});

test('disabling ends every session at once and may be repeated; enabling brings none back', async t => {
  const { db, act, anna, signIn, use, audited } = await parts(t);
  const token = await signIn();
  assert.equal((await use(token))?.administrator.email, 'anna@fabrikam.com');
  assert.notEqual((await disableAdministrator(db, anna, act())).disabledAt, null);
  await disableAdministrator(db, anna, act());
  assert.equal(await use(token), undefined);
  const late = await signIn();
  assert.equal(await use(late), undefined, 'a session that was opened a moment too late');
  await enableAdministrator(db, anna, act());
  assert.equal(await use(token), undefined);
  assert.deepEqual(
    (await audited()).map(({ action, subject }) => `${action} ${subject}`),
    ['administrator.add', 'administrator.disable', 'administrator.enable'].map(
      act => `${act} anna@fabrikam.com`,
    ),
  );
});

test('a new password ends all sessions but the one that changed it', async t => {
  const { db, act, anna, signIn, use } = await parts(t);
  const [own, other] = [await signIn(), await signIn()];
  const keepSession = (await use(own))?.tokenHash ?? '';
  await setPassword(db, anna, 'y', { ...act(), action: 'administrator.change-password', keepSession });
  assert.notEqual(await use(own), undefined);
  assert.equal(await use(other), undefined);
  await setPassword(db, anna, 'z', { ...act(), action: 'administrator.reset-password' });
  assert.equal(await use(own), undefined);
});

test('a session ends an hour after its last use, and twelve after it began', async t => {
  const { clock, signIn, use } = await parts(t);
  const idle = await signIn();
  const used = await signIn();
  await clock.advance(sessionIdleMs - 1);
  assert.notEqual(await use(used), undefined);
  await clock.advance(1);
  assert.equal(await use(idle), undefined);
  for (let passed = sessionIdleMs; passed < sessionLifetimeMs; passed += sessionIdleMs / 2) {
    assert.notEqual(await use(used), undefined, String(passed));
    await clock.advance(sessionIdleMs / 2);
  }
  assert.equal(await use(used), undefined);
});

test('a session’s token is not in the database; a renewed session leaves its old token behind', async t => {
  const { db, random, signIn, use } = await parts(t);
  const token = await signIn();
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  const rows = await db.selectFrom('administrator_session').selectAll().execute();
  assert.ok(!JSON.stringify(rows).includes(token));
  assert.equal(await use(rows[0]?.token_hash ?? ''), undefined, 'the hash opens nothing');
  const { tokenHash = '' } = (await use(token)) ?? {};
  const renewed = (await renewSession(db, tokenHash, random))?.reveal() ?? '';
  assert.equal(await use(token), undefined);
  assert.notEqual(await use(renewed), undefined);
  assert.equal(await renewSession(db, tokenHash, random), undefined);
  await endSession(db, (await use(renewed))?.tokenHash ?? '');
  assert.equal(await use(renewed), undefined);
});
