import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, table } from './table.ts';

test('columns are aligned', () => {
  assert.equal(
    table(
      ['Mailbox', 'Unseen'],
      [
        ['anna@fabrikam.com', '3'],
        ['ben', '12'],
      ],
    ),
    ['Mailbox            Unseen', 'anna@fabrikam.com  3', 'ben                12'].join('\n'),
  );
});

test('a cell stays in its line', () => {
  const printed = table(['x'], [['a\u001b[2Jb\u009bc\u202Ed\ne']]);
  assert.equal(printed.split('\n').length, 2);
  assert.equal(printed.split('\n')[1], 'a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe');
});

test('times are UTC to the second', () => {
  assert.equal(instant(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05Z');
  assert.equal(instant(null), '-');
});
