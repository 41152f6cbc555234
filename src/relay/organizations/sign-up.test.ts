import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { relayDatabase } from '../../../test/fixtures/relay-database.ts';
import { signUpRequestSchema } from '../../contract/console/relay-console.ts';
import { AppError } from '../../runtime/errors.ts';
import { SignIn } from '../administrators/sign-in.ts';
import { addOrganization, listOrganizations } from './organizations.ts';
import { purgeSignUps, SignUps, signUpLifetimeMs } from './sign-up.ts';

const failsWith = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
const password = 'correct horse battery';
const home = { address: '192.0.2.1' };
const request = (changes: Record<string, string> = {}) =>
  signUpRequestSchema.parse({
    name: 'Fabrikam',
    domain: 'fabrikam.com',
    contact: 'it@fabrikam.com',
    email: 'anna@fabrikam.com',
    password,
    ...changes,
  });

async function parts(t: TestContext, { open = true } = {}) {
  const relay = await relayDatabase(t);
  /** What the name servers have, by name. */
  const published = new Map<string, string>();
  const lookUpTxt = async (name: string): Promise<string[][]> => {
    const text = published.get(name);
    if (text === undefined) throw Object.assign(new Error('no record'), { code: 'ENODATA' });
    return [[text]];
  };
  const signUps = new SignUps({ ...relay, lookUpTxt, open });
  return {
    ...relay,
    signUps,
    published,
    async begin(changes: Record<string, string> = {}, origin = home) {
      const begun = await signUps.begin(request(changes), origin);
      assert.ok(begun.kind === 'begun', begun.kind);
      return begun;
    },
    publish: ({ record }: { record: { name: string; value: string } }) =>
      published.set(record.name, record.value),
    domains: async () => (await listOrganizations(relay.db)).map(({ domain }) => domain),
  };
}

test('a sign-up is nothing until its record is there; then there are organization, application and administrator', async t => {
  const relay = await parts(t);
  const { db, clock, begin, publish, signUps, domains, audited } = relay;
  const begun = await begin();
  assert.equal(begun.record.name, '_mailbadge.fabrikam.com');
  assert.match(begun.record.value, /^mailbadge-domain-proof=[A-Za-z0-9_-]{22}$/);
  assert.deepEqual(await signUps.check(begun.id, home), {
    kind: 'not-proved',
    detail: '_mailbadge.fabrikam.com has no TXT record',
  });
  assert.deepEqual(await domains(), []);
  publish(begun);
  assert.deepEqual(await signUps.check(begun.id, home), { kind: 'completed' });
  assert.deepEqual(
    await signUps.check(begun.id, home),
    { kind: 'completed' },
    'asking again changes nothing',
  );
  const [organization] = await listOrganizations(db);
  assert.deepEqual(
    [organization?.name, organization?.contact, organization?.domainProof.state, organization?.active],
    ['Fabrikam', 'it@fabrikam.com', 'proved', true],
  );
  assert.equal(organization?.domainProof.provedAt, clock.now());
  const result = await new SignIn(relay).signIn(
    { email: 'anna@fabrikam.com', password },
    { ...home, userAgent: null },
  );
  assert.ok(result.kind === 'signed-in');
  assert.deepEqual(
    [result.administrator.role, result.administrator.organization],
    ['administrator', 'fabrikam.com'],
  );
  const entries = await audited();
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['sign-up.begin', 'sign-up.complete', 'organization.add', 'administrator.add', 'session.sign-in'],
  );
  assert.ok(!JSON.stringify(entries).includes(password));
  const stored = await db.selectFrom('sign_up').select('password_hash').executeTakeFirst();
  assert.equal(stored?.password_hash, '', 'the hash is where it belongs, and nowhere else');
});

test('a relay takes nobody by itself unless its operator says so', async t => {
  const { signUps } = await parts(t, { open: false });
  assert.equal(signUps.open, false);
  await assert.rejects(signUps.begin(request(), home), failsWith('sign-up-closed'));
  await assert.rejects(signUps.check('x', home), failsWith('sign-up-closed'));
});

test('of several for one domain the first proven has it, and the others are told', async t => {
  const { begin, publish, signUps, domains } = await parts(t);
  const first = await begin();
  const second = await begin({ email: 'eve@fabrikam.com' });
  publish(second);
  assert.equal((await signUps.check(first.id, home)).kind, 'not-proved', 'the record is another’s');
  assert.equal((await signUps.check(second.id, home)).kind, 'completed');
  publish(first);
  await assert.rejects(signUps.check(first.id, home), failsWith('organization-exists'));
  assert.deepEqual(await domains(), ['fabrikam.com']);
});

test('of two checks at once one completes, and both say so', async t => {
  const { db, begin, publish, signUps, domains } = await parts(t);
  const begun = await begin();
  publish(begun);
  const checks = await Promise.all([signUps.check(begun.id, home), signUps.check(begun.id, home)]);
  assert.deepEqual(checks, [{ kind: 'completed' }, { kind: 'completed' }]);
  assert.deepEqual(await domains(), ['fabrikam.com']);
  assert.equal((await db.selectFrom('administrator').selectAll().execute()).length, 1);
  assert.equal((await db.selectFrom('application').selectAll().execute()).length, 1);
});

test('two different sign-ups that are proven at once make one organization', async t => {
  const { begin, signUps, published, domains } = await parts(t);
  const [first, second] = [await begin(), await begin({ email: 'eve@fabrikam.com' })];
  const real = published.get.bind(published);
  let asked = 0;
  published.get = name => (name === first.record.name ? [first, second][asked++]?.record.value : real(name));
  const settled = await Promise.allSettled([signUps.check(first.id, home), signUps.check(second.id, home)]);
  assert.deepEqual(settled.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.deepEqual(await domains(), ['fabrikam.com']);
});

test('an organization that is there already is not signed up again', async t => {
  const { db, clock, random, actor, signUps, begin, publish } = await parts(t);
  const begun = await begin();
  await addOrganization(db, { domain: 'fabrikam.com' }, { clock, random, actor });
  await assert.rejects(signUps.begin(request(), home), failsWith('organization-exists'));
  publish(begun);
  await assert.rejects(signUps.check(begun.id, home), failsWith('organization-exists'));
});

test('an address that has an account is told so only after the proof, and nothing is left half-made', async t => {
  const { db, begin, publish, signUps, domains } = await parts(t);
  const first = await begin();
  publish(first);
  await signUps.check(first.id, home);
  const second = await begin({ domain: 'contoso.com' });
  publish(second);
  await assert.rejects(signUps.check(second.id, home), failsWith('administrator-exists'));
  assert.deepEqual(await domains(), ['fabrikam.com']);
  assert.equal((await db.selectFrom('application').selectAll().execute()).length, 1);
});

test('guessed and expired sign-ups are not known', async t => {
  const { db, clock, begin, publish, signUps } = await parts(t);
  const begun = await begin();
  publish(begun);
  for (const id of ['', 'x', 'A'.repeat(22), `${begun.id} `, "' OR 1=1 --"]) {
    await assert.rejects(signUps.check(id, home), failsWith('sign-up-not-found'), id);
  }
  await clock.advance(signUpLifetimeMs - 1);
  assert.equal(await purgeSignUps(db, clock.now()), 0);
  await clock.advance(1);
  await assert.rejects(signUps.check(begun.id, home), failsWith('sign-up-not-found'));
  assert.equal(await purgeSignUps(db, clock.now()), 1);
});

test('a domain is one however it is written; what is no domain is refused', async t => {
  const { begin, publish, signUps } = await parts(t);
  const begun = await begin({ domain: ' Fabrikam.COM. ' });
  assert.equal(begun.domain, 'fabrikam.com');
  publish(begun);
  await signUps.check(begun.id, home);
  await assert.rejects(
    signUps.begin(request({ domain: 'FABRIKAM.com.' }), home),
    failsWith('organization-exists'),
  );
  assert.equal((await begin({ domain: 'xn--fabrikm-8za.com' })).domain, 'xn--fabrikm-8za.com');
  for (const domain of [
    'fabrikäm.com',
    'com',
    '192.0.2.1',
    '_mailbadge.fabrikam.com',
    'a..com',
    'localhost',
  ]) {
    assert.throws(() => request({ domain }), domain);
    await assert.rejects(signUps.begin({ ...request(), domain }, home), failsWith('domain-invalid'), domain);
  }
});

test('names that a terminal would obey, and unfit passwords, are refused', async t => {
  const { signUps } = await parts(t);
  for (const name of ['\u001b[2J', 'a\u202eb', 'two\nlines']) {
    await assert.rejects(signUps.begin({ ...request(), name }, home), failsWith('invalid-request'), name);
  }
  const long = { ...request(), password: 'x'.repeat(257) };
  await assert.rejects(signUps.begin(long, home), failsWith('password-unfit'));
});

test('one address begins a few; thousands from everywhere leave a thousand rows', async t => {
  const { db, clock, begin, signUps } = await parts(t);
  for (let index = 0; index < 5; index++) await begin({ domain: `a${index}.com` });
  assert.equal((await signUps.begin(request(), home)).kind, 'throttled');
  await clock.advance(24 * 3_600_000);
  for (let index = 5; index < 10; index++) await begin({ domain: `a${index}.com` });
  await clock.advance(24 * 3_600_000);
  await assert.rejects(signUps.begin(request(), home), failsWith('overloaded'), 'ten wait already');
  const outcomes = new Map<string, number>();
  for (let index = 0; index < 3000; index++) {
    const origin = { address: `10.${index >> 8}.${index & 255}.1` };
    const outcome = await signUps.begin(request(), origin).then(
      ({ kind }) => kind,
      (error: AppError) => error.code,
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(outcomes), { begun: 990, overloaded: 2010 });
  const { rows } = await db
    .selectFrom('sign_up')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  assert.equal(rows, 1000);
});

test('checks are slowed: each of them asks a name server', async t => {
  const { begin, signUps } = await parts(t);
  const { id } = await begin();
  const kinds: string[] = [];
  for (let index = 0; index < 11; index++) kinds.push((await signUps.check(id, home)).kind);
  assert.deepEqual([kinds[9], kinds[10]], ['not-proved', 'throttled']);
});
