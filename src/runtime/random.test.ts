import assert from 'node:assert/strict';
import test from 'node:test';
import { backoffMs, opaqueId, seededRandom, systemRandom } from './random.ts';

test('the same seed gives the same sequence', () => {
  const [a, b, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
  assert.equal(a.uuid(), b.uuid());
  assert.deepEqual(a.bytes(20), b.bytes(20));
  assert.notEqual(a.uuid(), other.uuid());
  assert.match(a.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('an opaque id has 128 bits in 22 characters', () => {
  assert.match(opaqueId(systemRandom), /^[A-Za-z0-9_-]{22}$/);
});

test('an opaque id begins like no option of a command', () => {
  const hyphens = { ...systemRandom, bytes: (length: number) => Buffer.alloc(length, 0xfb) };
  assert.match(opaqueId(hyphens), /^_[\w-]{21}$/);
});

test('back-off doubles, is never below half its step and never above the maximum', () => {
  for (const fraction of [0, 0.5, 0.999]) {
    const random = { ...systemRandom, fraction: () => fraction };
    for (let attempt = 0; attempt < 80; attempt++) {
      const ceiling = Math.min(5000, 100 * 2 ** attempt);
      const wait = backoffMs(random, attempt, { baseMs: 100, maxMs: 5000 });
      assert.ok(wait >= ceiling / 2 && wait <= ceiling, `${attempt}: ${wait}`);
    }
  }
});
