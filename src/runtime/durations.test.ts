import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDuration } from './durations.ts';

test('durations carry a unit', () => {
  const cases: [string, number | undefined][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    [' 1s ', 1000],
    ['30', undefined],
    ['', undefined],
    ['-1s', undefined],
    ['1.5h', undefined],
    ['1 s', undefined],
    ['9999999999s', undefined],
    ['1w', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, JSON.stringify(text));
});
