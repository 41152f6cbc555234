import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../contract/error-codes.ts';
import { AppError } from '../../runtime/errors.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { CredentialIndex, type Standing } from './credential-index.ts';

const credential = { credentialId: 'kid', applicationId: 'application' };

function parts() {
  const clock = new ManualClock();
  const standing: Standing = {
    organizationId: 'organization',
    domain: 'fabrikam.com',
    realm: 'realm',
    sealEpoch: 1,
    applicationId: 'application',
    organizationActive: true,
    startAt: 0,
    endAt: clock.now() + 3_600_000,
    revokedAt: null,
    publicJwk: {},
  };
  const database = { standing: standing as Standing | undefined, down: false, reads: 0 };
  const index = new CredentialIndex({
    clock,
    find: async () => {
      database.reads++;
      if (database.down) throw new Error('disk I/O error');
      return database.standing;
    },
  });
  const fails = (code: ErrorCode) =>
    assert.rejects(
      index.callerOf(credential),
      (error: unknown) => error instanceof AppError && error.code === code,
    );
  return { clock, standing, database, index, fails };
}

test('tells whom a credential stands for, and reads at most once a second', async () => {
  const { clock, database, index } = parts();
  const expected = {
    organizationId: 'organization',
    realm: 'realm',
    sealEpoch: 1,
    applicationId: 'application',
    credentialId: 'kid',
  };
  assert.deepEqual(await index.callerOf(credential), expected);
  await clock.advance(999);
  await index.callerOf(credential);
  assert.equal(database.reads, 1);
  await clock.advance(1);
  await index.callerOf(credential);
  assert.equal(database.reads, 2);
});

test('a revocation acts within a second, and at once when another process tells of a change', async () => {
  const { clock, standing, database, index, fails } = parts();
  await index.callerOf(credential);
  database.standing = { ...standing, revokedAt: 1 };
  await clock.advance(1000);
  await fails('credential-revoked');
  database.standing = { ...standing, organizationActive: false };
  index.invalidate();
  await fails('organization-inactive');
});

test('fails closed: what was read counts for five seconds at most when the database cannot be read', async () => {
  const { clock, database, index, fails } = parts();
  await index.callerOf(credential);
  database.down = true;
  index.invalidate();
  await clock.advance(4999);
  await index.callerOf(credential);
  await clock.advance(1);
  await fails('revocation-list-stale');
  database.down = false;
  await index.callerOf(credential);
});

test('fails closed for a credential that was never read', async () => {
  const { database, fails } = parts();
  database.down = true;
  await fails('revocation-list-stale');
});

test('an expired, an unknown and a foreign credential stand for nobody', async () => {
  const { clock, standing, database, fails } = parts();
  database.standing = { ...standing, endAt: clock.now() };
  await fails('credential-revoked');
  database.standing = { ...standing, applicationId: 'another' };
  await clock.advance(1000);
  await fails('token-invalid');
  database.standing = undefined;
  await clock.advance(1000);
  await fails('token-invalid');
});
