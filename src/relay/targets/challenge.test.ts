import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { challengeLifetimeMs } from '../../contract/registration.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { Challenges, type Registration } from './challenge.ts';
import { SealRing } from './seal-ring.ts';

const registration: Registration = {
  organizationId: 'org',
  realm: '11111111-2222-4333-8444-555555555555',
  sealEpoch: 1,
  appId: 'com.fabrikam.mail',
  installationId: 'installation-1',
  target: { provider: 'webpush', endpoint: 'https://push.example/1' },
};

function setUp() {
  const clock = new ManualClock();
  const used = new Set<string>();
  const challenges = new Challenges({
    ring: new SealRing({
      keys: () => [{ id: 'c1', key: createSecretKey(Buffer.alloc(32, 1)) }],
      random: systemRandom,
    }),
    clock,
    random: systemRandom,
    useOnce: async ({ id }) => !used.has(id) && used.add(id).size > 0,
  });
  return { clock, challenges };
}

test('the code of a challenge confirms it, once', async () => {
  const { challenges } = setUp();
  const { pending, code } = challenges.issue(registration);
  assert.match(code, /^[A-Za-z0-9_-]{22}$/, '128 bits');
  assert.ok(!pending.includes(code));
  const ends = await Promise.all(Array.from({ length: 5 }, () => challenges.confirm(pending, code)));
  assert.deepEqual(
    ends.filter(end => end.kind === 'confirmed'),
    [{ kind: 'confirmed', registration }],
  );
});

test('another code, another challenge or another text confirms nothing', async () => {
  const { challenges } = setUp();
  const mine = challenges.issue(registration);
  const other = challenges.issue(registration);
  for (const [pending, code] of [
    [mine.pending, other.code],
    [mine.pending, ''],
    [`${mine.pending}A`, mine.code],
    [mine.pending.replace('mbc1', 'mbt1'), mine.code],
    ['', ''],
  ] as const) {
    assert.equal((await challenges.confirm(pending, code)).kind, 'invalid');
  }
});

test('a challenge takes five tries', async () => {
  const { challenges } = setUp();
  const { pending, code } = challenges.issue(registration);
  for (let tries = 0; tries < 5; tries++) await challenges.confirm(pending, 'wrong');
  assert.equal((await challenges.confirm(pending, code)).kind, 'too-many-tries');
  const other = challenges.issue(registration);
  assert.equal((await challenges.confirm(other.pending, other.code)).kind, 'confirmed');
});

test('a challenge expires', async () => {
  const { challenges, clock } = setUp();
  const { pending, code } = challenges.issue(registration);
  await clock.advance(challengeLifetimeMs);
  assert.deepEqual(await challenges.confirm(pending, code), { kind: 'expired' });
});
