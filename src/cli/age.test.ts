import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age } from './age.ts';

test('ages in the unit that people would say', () => {
  const now = 1e12;
  for (const [ms, text] of [
    [0, '0 s ago'],
    [4999, '4 s ago'],
    [119_000, '119 s ago'],
    [120_000, '2 min ago'],
    [7_200_000, '2 h ago'],
    [3 * 86_400_000, '3 d ago'],
    [-30_000, 'in 30 s'],
    [-40 * 86_400_000, 'in 40 d'],
  ] as const) {
    assert.equal(age(now - ms, now), text);
  }
});
