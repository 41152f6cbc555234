import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../../database/database.ts';
import { migrate } from '../../../database/migrator.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { seededRandom } from '../../../runtime/random.ts';
import { proxyMigrations } from '../../database/migrations.ts';
import type { ProxySchema } from '../../database/schema.ts';
import { Sessions, sessionLifetimeMs } from './sessions.ts';

const minute = 60_000;

async function fixture(perMailbox = 3) {
  const clock = new ManualClock();
  // The database polls: a clock of its own, so that advancing 90 days does not fire 31 million polls.
  const database = openDatabase<ProxySchema>({ path: ':memory:' }, { clock: new ManualClock() });
  await migrate(database.db, proxyMigrations);
  for (const id of ['anna', 'ben']) {
    await database.db
      .insertInto('mailbox')
      .values({ id, sign_in_name: id, state: 'unreachable', state_at: 0, created_at: 0 } as never)
      .execute();
  }
  const sessions = new Sessions({ db: database.db, clock, random: seededRandom(1), perMailbox });
  const open = async (mailboxId: string, installationId: string): Promise<string> =>
    (
      await sessions.open({ mailboxId, installationId, deviceName: undefined, sentIn: 'body' })
    ).token.reveal();
  return { clock, db: database.db, sessions, open };
}

test('a session is found by its token, whose text is nowhere in the database', async () => {
  const { db, sessions, open } = await fixture();
  const token = await open('anna', 'phone-01');
  assert.equal(token.length, 43); // 256 bits
  assert.deepEqual((await sessions.find(token))?.mailboxId, 'anna');
  assert.equal(await sessions.find(`${token.slice(0, -1)}A`), undefined);
  assert.equal(JSON.stringify(await db.selectFrom('session').selectAll().execute()).includes(token), false);
});

test('a session ends after 90 days', async () => {
  const { clock, sessions, open } = await fixture();
  const token = await open('anna', 'phone-01');
  await clock.advance(sessionLifetimeMs - 1);
  assert.notEqual(await sessions.find(token), undefined);
  await clock.advance(1);
  assert.equal(await sessions.find(token), undefined);
});

test('last_seen_at is written at most once a minute', async () => {
  const { clock, sessions, open } = await fixture();
  const token = await open('anna', 'phone-01');
  const started = clock.now();
  const seen = async () => (await sessions.list('anna'))[0]?.lastSeenAt;
  await clock.advance(minute - 1);
  await sessions.find(token);
  assert.equal(await seen(), started);
  await clock.advance(1);
  await sessions.find(token);
  assert.equal(await seen(), started + minute);
});

test('signing in anew replaces the session of the same installation with the same mailbox only', async () => {
  const { sessions, open } = await fixture();
  const first = await open('anna', 'phone-01');
  const other = await open('ben', 'phone-01');
  const second = await open('anna', 'phone-01');
  assert.equal(await sessions.find(first), undefined);
  assert.notEqual(await sessions.find(second), undefined);
  assert.notEqual(await sessions.find(other), undefined);
});

test('a mailbox has a bounded number of sessions; the one seen longest ago makes room', async () => {
  const { clock, sessions, open } = await fixture(3);
  const tokens: string[] = [];
  for (let n = 0; n < 3; n++) {
    tokens.push(await open('anna', `phone-0${n}`));
    await clock.advance(minute);
  }
  await sessions.find(tokens[0] ?? '');
  await open('anna', 'phone-09');
  assert.equal((await sessions.list('anna')).length, 3);
  assert.notEqual(await sessions.find(tokens[0] ?? ''), undefined);
  assert.equal(await sessions.find(tokens[1] ?? ''), undefined);
});

test('removing a device ends its sessions with this mailbox, and it is no longer known', async () => {
  const { sessions, open } = await fixture();
  const mine = await open('anna', 'phone-01');
  const theirs = await open('ben', 'phone-01');
  assert.equal(await sessions.knows({ mailboxId: 'anna', installationId: 'phone-01' }), true);
  await sessions.end({ mailboxId: 'anna', installationId: 'phone-01' }, 'device-removed');
  assert.equal(await sessions.find(mine), undefined);
  assert.notEqual(await sessions.find(theirs), undefined);
  assert.equal(await sessions.knows({ mailboxId: 'anna', installationId: 'phone-01' }), false);
  assert.equal(await sessions.knows({ mailboxId: 'anna', installationId: 'phone-99' }), false);
});

test('purging deletes what ended long ago and nothing else', async () => {
  const { clock, db, sessions, open } = await fixture();
  await open('anna', 'phone-01');
  await open('anna', 'phone-01');
  await clock.advance(sessionLifetimeMs + 1);
  await open('ben', 'phone-01');
  await clock.advance(sessionLifetimeMs);
  await sessions.purge();
  assert.equal((await db.selectFrom('session').selectAll().execute()).length, 1);
});
