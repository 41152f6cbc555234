import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonBytes, previewText } from './preview-text.ts';

test('what fits stays as it is, on one line', () => {
  for (const [text, shown] of [
    ['Lunch?', 'Lunch?'],
    ['  two\r\n lines\tand a tab ', 'two lines and a tab'],
    ['before\u0000after', 'before after'],
    ['line\u2028separator', 'line separator'],
    ['', ''],
    ['\u0000\n', ''],
    ['午餐', '午餐'],
    ['half \ud83d of a pair', 'half \ufffd of a pair'],
  ] as const)
    assert.equal(previewText(text, 100), shown);
});

test('nothing turns the text around it', () => {
  assert.equal(previewText('invoice \u202Efdp.exe', 100), 'invoice fdp.exe');
  assert.equal(previewText('\u2067open isolate', 100), 'open isolate');
  assert.equal(previewText('שלום\u200F!', 100), 'שלום\u200F!', 'marks stay: they open nothing');
});

test('what is too long is cut between characters as people see them', () => {
  assert.equal(previewText('a'.repeat(1000), 20), `${'a'.repeat(17)}…`);
  assert.equal(previewText('word and word', 12), 'word and…');
  const family = '👨‍👩‍👧‍👦'; // 25 bytes, one character
  assert.equal(previewText(family.repeat(3), 60), `${family.repeat(2)}…`);
  assert.equal(previewText('é'.normalize('NFD').repeat(9), 12), `${'é'.normalize('NFD').repeat(3)}…`);
  assert.equal(previewText(`x${'\u0301'.repeat(1000)}`, 50), '…', 'one character longer than the place');
  assert.equal(previewText('"'.repeat(50), 21), `${'"'.repeat(9)}…`, 'as long as it is in JSON');
});

test('any text fits, is well formed and has no control character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 600, size: 'max' }),
      fc.integer({ min: 3, max: 500 }),
      (text, maxBytes) => {
        const shown = previewText(text, maxBytes);
        assert.ok(jsonBytes(shown) <= maxBytes);
        assert.ok(shown.isWellFormed());
        assert.doesNotMatch(shown, /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
      },
    ),
  );
});
