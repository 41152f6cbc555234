import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sealedTargetSchema } from '../../contract/identifiers.ts';
import { ManualClock } from '../../runtime/manual-clock.ts';
import { seededRandom, systemRandom } from '../../runtime/random.ts';
import { type RingKey, SealRing } from './seal-ring.ts';
import { type RegisteredDevice, type SealContext, TargetSeal } from './target-seal.ts';

const dayMs = 86_400_000;
const key = (id: string): RingKey => ({ id, key: createSecretKey(Buffer.alloc(32, id)) });
const context: SealContext = {
  realm: '11111111-2222-4333-8444-555555555555',
  sealEpoch: 1,
  appId: 'com.fabrikam.mail',
};
const device: RegisteredDevice = {
  target: { provider: 'apns', environment: 'production', token: 'ab'.repeat(32) },
  targetId: 'T'.repeat(43),
  installationId: 'installation-1',
  registeredAt: 1_700_000_000_000,
};

function setUp({ keys = [key('k1')] }: { keys?: RingKey[] } = {}) {
  const clock = new ManualClock();
  const ring = { keys };
  const seal = new TargetSeal({
    ring: new SealRing({ keys: () => ring.keys, random: systemRandom }),
    clock,
  });
  return { clock, ring, seal };
}

test('what was sealed opens, for the same realm, app and epoch', () => {
  const { seal } = setUp();
  const sealed = seal.seal(context, device);
  assert.match(sealed, /^mbt1\.k1\./);
  assert.equal(sealedTargetSchema.safeParse(sealed).success, true);
  assert.deepEqual(seal.open(context, sealed), { kind: 'opened', device });
});

test('another realm or app opens nothing', () => {
  const { seal } = setUp();
  const sealed = seal.seal(context, device);
  for (const other of [{ realm: '11111111-2222-4333-8444-555555555556' }, { appId: 'com.fabrikam.mai' }]) {
    assert.deepEqual(seal.open({ ...context, ...other }, sealed), { kind: 'not-openable' });
  }
});

test('raising the epoch revokes, and says so; a seal from the future is foreign', () => {
  const { seal } = setUp();
  const sealed = seal.seal(context, device);
  assert.deepEqual(seal.open({ ...context, sealEpoch: 3 }, sealed), { kind: 'expired', why: 'epoch-raised' });
  assert.deepEqual(seal.open({ ...context, sealEpoch: 0 }, sealed), { kind: 'not-openable' });
});

test('a seal of an older key is replaced; one of an unknown key is not judged', () => {
  const { seal, ring } = setUp();
  const sealed = seal.seal(context, device);
  ring.keys = [key('k2'), key('k1')];
  const opened = seal.open(context, sealed);
  assert.ok(opened.kind === 'opened' && opened.replacement !== undefined);
  assert.match(opened.replacement, /^mbt1\.k2\./);
  assert.deepEqual(seal.open(context, opened.replacement), { kind: 'opened', device });
  ring.keys = [key('k2')];
  assert.deepEqual(seal.open(context, sealed), { kind: 'key-unknown', keyId: 'k1' });
});

test('over 30 days old it is replaced, over 180 days old it is expired', async () => {
  const { seal, clock } = setUp();
  const sealed = seal.seal(context, device);
  await clock.advance(30 * dayMs);
  assert.deepEqual(seal.open(context, sealed), { kind: 'opened', device });
  await clock.advance(1);
  const opened = seal.open(context, sealed);
  assert.ok(opened.kind === 'opened' && opened.replacement !== undefined);
  assert.deepEqual(opened.device, device, 'the time of registration stays');
  await clock.advance(150 * dayMs);
  assert.deepEqual(seal.open(context, sealed), { kind: 'expired', why: 'too-old' });
  assert.equal(seal.open(context, opened.replacement).kind, 'opened');
});

test('lengths tell only a size class, and the largest target fits', () => {
  const { seal } = setUp();
  const webpush = (length: number): RegisteredDevice => ({
    ...device,
    target: { provider: 'webpush', endpoint: `https://push.example/${'x'.repeat(length - 21)}` },
  });
  assert.equal(seal.seal(context, device).length, seal.seal(context, webpush(40)).length);
  const largest = seal.seal(
    { ...context, appId: 'a'.repeat(128) },
    { ...webpush(1024), installationId: 'i'.repeat(64) },
  );
  assert.equal(sealedTargetSchema.safeParse(largest).success, true);
});

test('any bit flipped: it does not open', () => {
  const { seal } = setUp({ keys: [key('k1'), key('k2')] });
  const sealed = seal.seal(context, device);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
      const flipped =
        sealed.slice(0, index) +
        String.fromCharCode(sealed.charCodeAt(index) ^ (1 << bit)) +
        sealed.slice(index + 1);
      assert.notEqual(seal.open(context, flipped).kind, 'opened');
      const inKeyId = index >= 5 && index < 7;
      if (!inKeyId) assert.deepEqual(seal.open(context, flipped), { kind: 'not-openable' });
    }),
    { numRuns: 2000 },
  );
});

test('one seal has one spelling', () => {
  const { seal } = setUp();
  const sealed = seal.seal(context, device);
  for (const other of [
    `${sealed}=`,
    `${sealed}A`,
    ` ${sealed}`,
    sealed.replace('mbt1', 'MBT1'),
    `${sealed}.`,
  ]) {
    assert.deepEqual(seal.open(context, other), { kind: 'not-openable' });
  }
});

test('no string makes it throw', () => {
  const { seal } = setUp();
  const nearly = fc
    .tuple(fc.constantFrom('mbt1', 'mbc1', ''), fc.string(), fc.base64String(), fc.base64String())
    .map(parts => parts.join('.'));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly), text => {
      assert.notEqual(seal.open(context, text).kind, 'opened');
    }),
    { numRuns: 2000 },
  );
});

test('any two contexts that differ cannot open for each other', () => {
  const { seal } = setUp();
  const contexts = fc.record({ realm: fc.string(), sealEpoch: fc.nat(3), appId: fc.string() });
  fc.assert(
    fc.property(contexts, contexts, (one, other) => {
      const same =
        one.realm === other.realm && one.appId === other.appId && one.sealEpoch === other.sealEpoch;
      assert.equal(seal.open(other, seal.seal(one, device)).kind === 'opened', same);
    }),
  );
});

test('nonces differ from seal to seal', () => {
  const random = seededRandom(1);
  const ring = new SealRing({ keys: () => [key('k1')], random });
  const seal = new TargetSeal({ ring, clock: new ManualClock() });
  const nonces = new Set(Array.from({ length: 100 }, () => seal.seal(context, device).split('.')[2]));
  assert.equal(nonces.size, 100);
});
