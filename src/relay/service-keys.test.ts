import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrator.ts';
import { AppError } from '../runtime/errors.ts';
import { ManualClock } from '../runtime/manual-clock.ts';
import { systemRandom } from '../runtime/random.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { relayMigrations } from './database/migrations.ts';
import type { RelaySchema } from './database/schema.ts';
import { ServiceKeys } from './service-keys.ts';

async function openParts(t: TestContext) {
  const clock = new ManualClock();
  const database = openDatabase<RelaySchema>({ path: ':memory:' }, { clock });
  t.after(() => database[Symbol.asyncDispose]());
  await migrate(database.db, relayMigrations);
  const box = newBox();
  return { db: database.db, box, clock, random: systemRandom };
}

function newBox(): SecretBox {
  return new SecretBox({ key: createSecretKey(systemRandom.bytes(32)), random: systemRandom });
}

test('makes the first key of a ring once, and finds it again after a restart', async t => {
  const parts = await openParts(t);
  const keys = await ServiceKeys.open(parts);
  const [first] = await keys.symmetric('seal');
  assert.ok(first);
  assert.equal(first.key.symmetricKeySize, 32);
  assert.match(first.id, /^[A-Za-z0-9_-]{1,16}$/);

  const reopened = await ServiceKeys.open(parts);
  const again = await reopened.symmetric('seal');
  assert.deepEqual(
    again.map(key => key.id),
    [first.id],
  );
  assert.ok(again[0]?.key.equals(first.key));
});

test('rotating puts a new key in front and keeps the old ones, also when the clock went back', async t => {
  const parts = await openParts(t);
  const keys = await ServiceKeys.open(parts);
  const [first] = await keys.symmetric('seal');
  await keys.rotate('seal');
  await keys.rotate('seal');
  const ring = await keys.symmetric('seal');
  assert.equal(ring.length, 3);
  assert.equal(ring.at(-1)?.id, first?.id);
  assert.equal((await keys.symmetric('challenge')).length, 1, 'other rings are left alone');
});

test('two processes that start at once agree on one key', async t => {
  const parts = await openParts(t);
  const [one, two] = [await ServiceKeys.open(parts), await ServiceKeys.open(parts)];
  const rings = await Promise.all([one.symmetric('target-id'), two.symmetric('target-id')]);
  assert.equal(rings[0][0]?.id, rings[1][0]?.id);
});

test('signing keys carry their algorithm and tell when they were retired', async t => {
  const parts = await openParts(t);
  const keys = await ServiceKeys.open(parts);
  const [vapid] = await keys.signing('vapid:com.fabrikam.mail', 'ES256');
  assert.equal(vapid?.publicJwk.crv, 'P-256');
  assert.equal(vapid?.publicJwk.d, undefined);
  await keys.signing('token-signing', 'RS256');
  await parts.clock.advance(1000);
  await keys.rotate('token-signing');
  const [newest, older] = await keys.signing('token-signing', 'RS256');
  assert.equal(newest?.publicJwk.alg, 'RS256');
  assert.equal(newest?.retiredAt, null);
  assert.equal(older?.retiredAt, parts.clock.now());
});

test('another key file is refused with a hint', async t => {
  const parts = await openParts(t);
  await (await ServiceKeys.open(parts)).symmetric('seal');
  await assert.rejects(
    ServiceKeys.open({ ...parts, box: newBox() }),
    (error: unknown) => error instanceof AppError && error.code === 'sealed-secret-unreadable',
  );
});

test('keys are not in the database in the clear', async t => {
  const parts = await openParts(t);
  const [seal] = await (await ServiceKeys.open(parts)).symmetric('seal');
  const row = await parts.db.selectFrom('service_key').selectAll().executeTakeFirstOrThrow();
  assert.match(row.sealed_key, /^mbs1\./);
  assert.ok(!row.sealed_key.includes(seal?.key.export().toString('base64url') ?? '?'));
});
