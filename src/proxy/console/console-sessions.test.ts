import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../database/database.ts';
import { migrate } from '../../database/migrator.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { seededRandom } from '../../runtime/random.ts';
import { redeemConsoleLink, tokenHash } from '../administration/console-link.ts';
import { proxyMigrations } from '../database/migrations.ts';
import type { ProxySchema } from '../database/schema.ts';
import { ConsoleSessions } from './console-sessions.ts';

const minute = 60_000;
const hour = 60 * minute;

async function openSessions() {
  // The database polls for foreign changes: on a clock of its own, so that advancing hours stays cheap.
  const database = openDatabase<ProxySchema>({ path: ':memory:' }, { clock: new ManualClock() });
  const { db } = database;
  await migrate(db, proxyMigrations);
  const clock = new ManualClock();
  const addLink = async (token: string): Promise<void> => {
    const now = clock.now();
    await db
      .insertInto('console_link')
      .values({ token_hash: tokenHash(token), created_at: now, expires_at: now + 10 * minute, used_at: null })
      .execute();
  };
  return {
    db,
    clock,
    addLink,
    sessions: new ConsoleSessions({ db, clock, random: seededRandom(1) }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

test('a session that is used lasts eight hours, and no longer', async () => {
  await using opened = await openSessions();
  const { clock, addLink, sessions } = opened;
  await addLink('link');
  const token = (await sessions.open('link')) ?? assert.fail();
  for (let halves = 1; halves < 16; halves += 1) {
    await clock.advance(30 * minute);
    assert.equal(await sessions.isOpen(token), true, `after ${halves / 2} h`);
  }
  await clock.advance(30 * minute);
  assert.equal(await sessions.isOpen(token), false);
});

test('a session that is not used for an hour is over', async () => {
  await using opened = await openSessions();
  const { clock, addLink, sessions } = opened;
  await addLink('link');
  const token = (await sessions.open('link')) ?? assert.fail();
  await clock.advance(hour - 1);
  assert.equal(await sessions.isOpen(token), true);
  await clock.advance(hour);
  assert.equal(await sessions.isOpen(token), false);
});

test('a link is redeemed once, within its time; sessions that are over are forgotten', async () => {
  await using opened = await openSessions();
  const { db, clock, addLink, sessions } = opened;
  await addLink('first');
  await addLink('late');
  assert.notEqual(await sessions.open('first'), undefined);
  assert.equal(await sessions.open('first'), undefined);
  await clock.advance(10 * minute);
  assert.equal(await redeemConsoleLink(db, 'late', clock.now()), false);
  await clock.advance(hour);
  await addLink('second');
  assert.notEqual(await sessions.open('second'), undefined);
  const { count } = await db
    .selectFrom('console_session')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  assert.equal(count, 1);
});
