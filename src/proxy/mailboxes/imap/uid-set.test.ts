import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UidSet } from './uid-set.ts';

test('ranges in any order, and either way round', () => {
  const set = new UidSet('7:9,3,12:11');
  assert.deepEqual(set.since(1), [3, 7, 8, 9, 11, 12]);
  assert.deepEqual(set.since(8), [8, 9, 11, 12]);
  assert.deepEqual(set.since(13), []);
  assert.deepEqual(set.newest(3), [9, 11, 12]);
  assert.deepEqual(set.newest(0), []);
  assert.deepEqual(new UidSet('').newest(3), []);
});

test('what is no UID is nothing, and an endless range ends', () => {
  assert.deepEqual(new UidSet('0,*,5:*,-3,1e9,x').since(1), []);
  assert.deepEqual(new UidSet('1:4294967295').newest(2), [4_294_967_294, 4_294_967_295]);
  assert.equal(new UidSet('1:4294967295').since(1).length, 100_000);
});
