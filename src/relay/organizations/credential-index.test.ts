import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../contract/error-codes.ts';
import { AppError } from '../../runtime/errors.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { CredentialIndex, type Standing } from './credential-index.ts';

function parts() {
  const clock = new ManualClock();
  const standing: Standing = {
    organizationId: 'organization',
    domain: 'fabrikam.com',
    realm: 'realm',
    sealEpoch: 1,
    applicationId: 'application',
    organizationActive: true,
    directTrust: false,
    startAt: 0,
    endAt: clock.now() + 3_600_000,
    revokedAt: null,
    publicJwk: {},
  };
  const database = {
    standing: standing as Standing | undefined,
    down: false,
    reads: 0,
    answered: Promise.resolve(),
  };
  const index = new CredentialIndex({
    clock,
    find: async () => {
      database.reads++;
      if (database.down) throw new Error('disk I/O error');
      const { standing: found, answered } = database;
      await answered;
      return found;
    },
  });
  const fails = (code: ErrorCode) =>
    assert.rejects(
      index.standingOf('kid'),
      (error: unknown) => error instanceof AppError && error.code === code,
    );
  return { clock, standing, database, index, fails };
}

test('tells whom a credential stands for, and reads at most once a second', async () => {
  const { clock, standing, database, index } = parts();
  assert.deepEqual(await index.standingOf('kid'), standing);
  await clock.advance(999);
  await index.standingOf('kid');
  assert.equal(database.reads, 1);
  await clock.advance(1);
  await index.standingOf('kid');
  assert.equal(database.reads, 2);
});

test('a revocation acts within a second, and at once when another process tells of a change', async () => {
  const { clock, standing, database, index } = parts();
  await index.standingOf('kid');
  database.standing = { ...standing, revokedAt: 1 };
  await clock.advance(1000);
  assert.equal((await index.standingOf('kid'))?.revokedAt, 1);
  database.standing = { ...standing, organizationActive: false };
  index.invalidate();
  assert.equal((await index.standingOf('kid'))?.organizationActive, false);
});

test('what was being read when another process told of a change counts for nobody afterwards', async () => {
  const { standing, database, index } = parts();
  const answer = Promise.withResolvers<void>();
  database.answered = answer.promise;
  const before = index.standingOf('kid');
  database.standing = { ...standing, revokedAt: 1 };
  index.invalidate();
  answer.resolve();
  await before;
  assert.equal((await index.standingOf('kid'))?.revokedAt, 1);
});

test('fails closed: what was read counts for five seconds at most when the database cannot be read', async () => {
  const { clock, database, index, fails } = parts();
  await index.standingOf('kid');
  database.down = true;
  index.invalidate();
  await clock.advance(4999);
  await index.standingOf('kid');
  await clock.advance(1);
  await fails('revocation-list-stale');
  database.down = false;
  await index.standingOf('kid');
});

test('fails closed for a credential that was never read', async () => {
  const { database, fails } = parts();
  database.down = true;
  await fails('revocation-list-stale');
});

test('what nobody registered is looked up each time, and pushes nobody out', async () => {
  const { standing, database, index } = parts();
  await index.standingOf('kid');
  database.standing = undefined;
  for (let name = 0; name <= 10_000; name++)
    assert.equal(await index.standingOf(`made-up-${name}`), undefined);
  database.down = true;
  assert.deepEqual(await index.standingOf('kid'), standing);
  database.down = false;
  database.standing = standing;
  assert.deepEqual(await index.standingOf('made-up-1'), standing, 'registered since');
});

test('a credential that is there no more is not believed in when the database cannot be read', async () => {
  const { clock, database, index, fails } = parts();
  await index.standingOf('kid');
  await clock.advance(1000);
  database.standing = undefined;
  assert.equal(await index.standingOf('kid'), undefined);
  database.down = true;
  await fails('revocation-list-stale');
});
