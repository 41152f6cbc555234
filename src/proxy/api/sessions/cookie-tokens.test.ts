import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { openDatabase } from '../../../database/database.ts';
import { migrate } from '../../../database/migrator.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { seededRandom } from '../../../runtime/random.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { proxyMigrations } from '../../database/migrations.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { CookieTokens } from './cookie-tokens.ts';
import { rotateEveryMs, underWayMs } from './session-rotation.ts';
import { Sessions, sessionLifetimeMs } from './sessions.ts';

const device = { mailboxId: 'anna', installationId: 'phone-01' };

async function fixture() {
  const clock = new ManualClock();
  // The database polls: a clock of its own, so that advancing days stays cheap.
  const database = openDatabase<ProxySchema>({ path: ':memory:' }, { clock: new ManualClock() });
  const { db } = database;
  await migrate(db, proxyMigrations);
  await db
    .insertInto('mailbox')
    .values({ id: 'anna', sign_in_name: 'anna', state: 'watched', state_at: 0, created_at: 0 })
    .execute();
  const random = seededRandom(1);
  const secrets = new SecretBox({ key: createSecretKey(random.bytes(32)), random });
  const sessions = new Sessions({ db, clock, random });
  const tokens = new CookieTokens({ db, clock, random, secrets });
  const signIn = async (): Promise<string> =>
    (await sessions.open({ ...device, deviceName: undefined, sentIn: 'cookie' })).token.reveal();
  /** 'live', with the new token where one was given. */
  const use = async (token: string): Promise<{ kind: string; newToken: string | undefined }> => {
    const found = await tokens.find(token);
    return { kind: found.kind, newToken: found.kind === 'live' ? found.newToken?.reveal() : undefined };
  };
  return {
    clock,
    db,
    sessions,
    tokens,
    signIn,
    use,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

const kept = { kind: 'live', newToken: undefined };

/** A session whose token was changed, with both tokens; the new one has not come back yet. */
async function rotated(opened: Awaited<ReturnType<typeof fixture>>) {
  const old = await opened.signIn();
  await opened.clock.advance(rotateEveryMs);
  const { newToken = assert.fail('no new token') } = await opened.use(old);
  assert.notEqual(newToken, old);
  return { old, newToken };
}

test('the token changes once a day, and the session stays', async () => {
  await using opened = await fixture();
  const { clock, use } = opened;
  const first = await opened.signIn();
  await clock.advance(rotateEveryMs - 1);
  assert.deepEqual(await use(first), kept);
  await clock.advance(1);
  const { newToken = assert.fail() } = await use(first);
  assert.deepEqual(await use(newToken), kept);
  await clock.advance(rotateEveryMs - 1);
  assert.deepEqual(await use(newToken), kept);
  await clock.advance(1);
  assert.notEqual((await use(newToken)).newToken, undefined);
  assert.equal((await opened.sessions.list('anna')).length, 1);
});

test('a lost answer signs nobody out: the old token gets the same new one, however often and late', async () => {
  await using opened = await fixture();
  const { old, newToken } = await rotated(opened);
  for (const laterMs of [0, underWayMs * 2, 30 * rotateEveryMs]) {
    await opened.clock.advance(laterMs);
    assert.deepEqual(await opened.use(old), { kind: 'live', newToken });
  }
  assert.deepEqual(await opened.use(newToken), kept);
});

test('requests at the same time all get the same new token', async () => {
  await using opened = await fixture();
  const old = await opened.signIn();
  await opened.clock.advance(rotateEveryMs);
  const given = await Promise.all(Array.from({ length: 8 }, () => opened.use(old)));
  assert.equal(new Set(given.map(({ newToken }) => newToken)).size, 1);
  assert.notEqual(given[0]?.newToken, undefined);
});

test('once the new token came back, the old one is good for requests under way, and then betrays a thief', async () => {
  await using opened = await fixture();
  const { old, newToken } = await rotated(opened);
  assert.deepEqual(await opened.use(newToken), kept);
  await opened.clock.advance(underWayMs - 1);
  assert.deepEqual(await opened.use(old), kept, 'under way, and told no new token');
  await opened.clock.advance(1);
  const theft = await opened.tokens.find(old);
  assert.equal(theft.kind === 'stolen' && theft.device?.installationId, 'phone-01');
  await opened.sessions.end(device, 'stolen');
  for (const token of [old, newToken]) {
    assert.deepEqual(await opened.tokens.find(token), { kind: 'stolen', device: undefined });
  }
  assert.equal(await opened.sessions.knows(device), false);
});

test('a token of the family from days ago betrays a thief too', async () => {
  await using opened = await fixture();
  const oldest = await opened.signIn();
  let token = oldest;
  for (let day = 0; day < 3; day++) {
    await opened.clock.advance(rotateEveryMs);
    token = (await opened.use(token)).newToken ?? assert.fail();
    assert.deepEqual(await opened.use(token), kept);
  }
  assert.equal((await opened.use(oldest)).kind, 'stolen');
});

test('what is no token of the session leads nowhere', async () => {
  await using opened = await fixture();
  const token = await opened.signIn();
  const bearer = (
    await opened.sessions.open({
      mailboxId: 'anna',
      installationId: 'phone-02',
      deviceName: undefined,
      sentIn: 'body',
    })
  ).token.reveal();
  for (const wrong of ['', bearer, `x${token.slice(1)}`, `${token}=`, token.split('.')[1] ?? '']) {
    assert.equal((await opened.use(wrong)).kind, 'unknown', wrong);
  }
  assert.equal(await opened.sessions.find(token), undefined, 'a cookie is no bearer token');
  assert.deepEqual(await opened.use(token), kept);
});

test('a session in a cookie ends after 90 days, whatever its token; nothing in the database opens it', async () => {
  await using opened = await fixture();
  const { old, newToken } = await rotated(opened);
  const stored = JSON.stringify(await opened.db.selectFrom('session').selectAll().execute());
  for (const part of [...old.split('.'), ...newToken.split('.')]) assert.equal(stored.includes(part), false);
  await opened.clock.advance(sessionLifetimeMs - rotateEveryMs - 1);
  assert.equal((await opened.use(newToken)).kind, 'live');
  await opened.clock.advance(1);
  assert.equal((await opened.use(newToken)).kind, 'unknown');
});
