import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { cheapPasswords, relayDatabase } from '../../../test/fixtures/relay-database.ts';
import type { AppError } from '../../runtime/errors.ts';
import { deactivateOrganization } from '../organizations/organization-changes.ts';
import { addOrganization } from '../organizations/organizations.ts';
import { addAdministrator, disableAdministrator } from './administrators.ts';
import { Passwords } from './password.ts';
import { useSession } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import { confirmTotp, offerTotp, removeTotp } from './totp.ts';

const password = 'correct horse battery';
const email = 'anna@fabrikam.com';
const minuteMs = 60_000;
const from = (address: string) => ({ address, userAgent: null });
const home = from('192.0.2.1');

async function parts(t: TestContext) {
  const relay = await relayDatabase(t);
  const { db, clock, random, actor, passwords, box } = relay;
  const { organization } = await addOrganization(db, { domain: 'fabrikam.com' }, { clock, random, actor });
  const account = {
    email,
    role: 'administrator' as const,
    organizationId: organization.id,
    passwordHash: await passwords.hash(password),
  };
  const act = () => ({ now: clock.now(), actor });
  const anna = await addAdministrator(db, account, { ...act(), random });
  const signIn = new SignIn(relay);
  return {
    ...relay,
    act,
    anna,
    organization,
    signIn,
    /** Switches one-time codes on, and makes them. */
    async withTotp() {
      const { secret } = await offerTotp(db, anna, { box, random, issuer: 'Mailbadge' });
      const totp = new TOTP({ secret: OtpSecret.fromBase32(secret) });
      const code = (offMs = 0) => totp.generate({ timestamp: clock.now() + offMs });
      assert.equal(await confirmTotp(db, anna, code(), { box, ...act() }), true);
      await clock.advance(minuteMs);
      return code;
    },
  };
}

test('the right password opens a session, and the audit log knows', async t => {
  const { db, clock, signIn, audited } = await parts(t);
  const result = await signIn.signIn({ email, password }, { address: '192.0.2.1', userAgent: 'Firefox' });
  assert.ok(result.kind === 'signed-in');
  assert.equal(result.administrator.lastSignInAt, clock.now());
  const session = await useSession(db, result.token.reveal(), clock.now());
  assert.equal(session?.administrator.email, email);
  const entry = (await audited()).at(-1);
  assert.deepEqual(
    [entry?.action, entry?.actor, entry?.address, entry?.organization],
    ['session.sign-in', email, '192.0.2.1', 'fabrikam.com'],
  );
});

test('a wrong password, an unknown account and a disabled one are refused alike', async t => {
  const { db, anna, act, signIn, audited } = await parts(t);
  const refused = { kind: 'refused' };
  assert.deepEqual(await signIn.signIn({ email, password: 'wrong' }, home), refused);
  assert.deepEqual(await signIn.signIn({ email: 'nobody@fabrikam.com', password }, home), refused);
  assert.deepEqual(await signIn.signIn({ email, password: `${password}${'x'.repeat(240)}` }, home), refused);
  await disableAdministrator(db, anna, act());
  assert.deepEqual(await signIn.signIn({ email, password }, home), refused);
  const entries = await audited();
  assert.equal(entries.filter(({ action }) => action === 'session.refuse').length, 4);
  assert.ok(!JSON.stringify(entries).includes(password));
  assert.equal((await db.selectFrom('administrator_session').selectAll().execute()).length, 0);
});

test('an unknown account costs the same computation as a known one', async t => {
  const { db, clock, random, box } = await parts(t);
  const asked: (string | undefined)[] = [];
  class Watched extends Passwords {
    override verify(typed: string, stored: string | undefined) {
      asked.push(stored);
      return super.verify(typed, stored);
    }
  }
  const passwords = new Watched({ random, cost: cheapPasswords });
  const signIn = new SignIn({ db, passwords, box, clock, random });
  await signIn.signIn({ email: 'nobody@fabrikam.com', password }, home);
  await signIn.signIn({ email, password: 'wrong' }, home);
  assert.deepEqual([asked.length, asked[0]], [2, undefined]);
});

test('guessing is slowed, also a hundred guesses at once; waiting helps', async t => {
  const { clock, signIn } = await parts(t);
  const guess = () => signIn.signIn({ email, password: 'wrong' }, home);
  const kinds = (await Promise.all(Array.from({ length: 100 }, guess))).map(({ kind }) => kind);
  assert.equal(kinds.filter(kind => kind === 'refused').length, 5);
  assert.equal(kinds.filter(kind => kind === 'throttled').length, 95);
  const right = await signIn.signIn({ email, password }, home);
  assert.ok(right.kind === 'throttled' && right.retryAfterMs > 0, 'the right one waits as well');
  await clock.advance(right.retryAfterMs);
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
});

test('one address cannot try many accounts', async t => {
  const { signIn } = await parts(t);
  const kinds: string[] = [];
  for (let index = 0; index < 30; index++) {
    kinds.push((await signIn.signIn({ email: `user${index}@fabrikam.com`, password }, home)).kind);
  }
  assert.deepEqual([kinds[19], kinds[20]], ['refused', 'throttled']);
  assert.notEqual((await signIn.signIn({ email, password }, from('198.51.100.1'))).kind, 'throttled');
});

test('many addresses cannot try one account, and do not lock its owner out', async t => {
  const { signIn } = await parts(t);
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
  const kinds: string[] = [];
  for (let index = 0; index < 40; index++) {
    kinds.push((await signIn.signIn({ email, password: 'wrong' }, from(`198.51.100.${index}`))).kind);
  }
  assert.deepEqual([kinds[19], kinds[20]], ['refused', 'throttled']);
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
});

test('an IPv6 network counts as one address', async t => {
  const { signIn } = await parts(t);
  const kinds: string[] = [];
  for (let index = 0; index < 6; index++) {
    kinds.push((await signIn.signIn({ email, password: 'wrong' }, from(`2001:db8::${index}`))).kind);
  }
  assert.equal(kinds.at(-1), 'throttled');
});

test('refusals written down are bounded, however many come', async t => {
  const { signIn, audited } = await parts(t);
  for (let index = 0; index < 300; index++) {
    await signIn.signIn({ email: `user${index}@fabrikam.com`, password }, from(`10.0.${index}.1`));
  }
  assert.equal((await audited()).filter(({ action }) => action === 'session.refuse').length, 100);
});

test('a one-time code is asked for once the password was right, and only then', async t => {
  const { signIn, withTotp } = await parts(t);
  const code = await withTotp();
  assert.equal((await signIn.signIn({ email, password: 'wrong' }, home)).kind, 'refused');
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'totp-required');
  assert.equal((await signIn.signIn({ email, password, totp: '000000' }, home)).kind, 'refused');
  assert.equal((await signIn.signIn({ email, password: 'wrong', totp: code() }, home)).kind, 'refused');
  assert.equal((await signIn.signIn({ email, password, totp: code() }, home)).kind, 'signed-in');
});

test('a one-time code works once, also twenty times at once, and no older one after it', async t => {
  const { signIn, withTotp } = await parts(t);
  const code = await withTotp();
  const totp = code();
  const older = code(-30_000);
  const attempts = Array.from({ length: 20 }, (_, index) =>
    signIn.signIn({ email, password, totp }, from(`198.51.100.${index}`)),
  );
  const kinds = (await Promise.all(attempts)).map(({ kind }) => kind);
  assert.equal(kinds.filter(kind => kind === 'signed-in').length, 1);
  assert.notEqual((await signIn.signIn({ email, password, totp: older }, home)).kind, 'signed-in');
});

test('a clock may be half a minute off, not two steps', async t => {
  const { clock, signIn, withTotp } = await parts(t);
  const code = await withTotp();
  const cases: [number, string][] = [
    [-60_000, 'refused'],
    [-30_000, 'signed-in'],
    [30_000, 'signed-in'],
    [60_000, 'refused'],
  ];
  for (const [offMs, kind] of cases) {
    await clock.advance(10 * minuteMs);
    assert.equal((await signIn.signIn({ email, password, totp: code(offMs) }, home)).kind, kind, `${offMs}`);
  }
});

test('an offered secret counts only once a code of it came back', async t => {
  const { db, random, box, act, anna, signIn } = await parts(t);
  const { uri } = await offerTotp(db, anna, { box, random, issuer: 'Mailbadge relay.example.com' });
  assert.match(uri, /^otpauth:\/\/totp\/Mailbadge%20relay\.example\.com:anna%40fabrikam\.com\?/);
  assert.equal(await confirmTotp(db, anna, '000000', { box, ...act() }), false);
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
});

test('a secret in use is not replaced without the password; removing it brings the account back', async t => {
  const { db, random, box, act, anna, signIn, withTotp, audited } = await parts(t);
  await withTotp();
  await assert.rejects(
    offerTotp(db, anna, { box, random, issuer: 'Mailbadge' }),
    (error: AppError) => error.code === 'totp-active',
  );
  await removeTotp(db, anna, act());
  await removeTotp(db, anna, act());
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
  const actions = (await audited()).map(({ action }) => action);
  assert.deepEqual(actions.slice(-3), ['administrator.totp-on', 'administrator.totp-off', 'session.sign-in']);
  const stored = await db.selectFrom('administrator').select('sealed_totp_secret').executeTakeFirst();
  assert.equal(stored?.sealed_totp_secret, null);
});

test('the password again is judged as at sign-in, and opens no session', async t => {
  const { db, anna, signIn, withTotp } = await parts(t);
  const code = await withTotp();
  assert.equal((await signIn.passwordAgain(anna, { password }, home)).kind, 'totp-required');
  assert.equal((await signIn.passwordAgain(anna, { password: 'wrong', totp: code() }, home)).kind, 'refused');
  assert.equal((await signIn.passwordAgain(anna, { password, totp: code() }, home)).kind, 'confirmed');
  assert.equal((await db.selectFrom('administrator_session').selectAll().execute()).length, 0);
});

test('a password is kept at today’s cost after a sign-in, and still works', async t => {
  const { db, clock, random, box } = await parts(t);
  const dearer = new Passwords({ random, cost: { ...cheapPasswords, passes: 2 } });
  const signIn = new SignIn({ db, passwords: dearer, box, clock, random });
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
  const { password_hash: stored } = await db
    .selectFrom('administrator')
    .select('password_hash')
    .executeTakeFirstOrThrow();
  assert.match(stored, /^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
  assert.equal((await signIn.signIn({ email, password }, home)).kind, 'signed-in');
});

test('the administrator of a deactivated organization may sign in, and is known as such', async t => {
  const { db, act, organization, signIn } = await parts(t);
  await deactivateOrganization(db, organization.domain, { ...act(), reason: 'domain-proof-missing' });
  const result = await signIn.signIn({ email, password }, home);
  assert.ok(result.kind === 'signed-in');
  assert.equal(result.administrator.organizationActive, false);
});
