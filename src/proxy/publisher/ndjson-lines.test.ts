import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './ndjson-lines.ts';

function linesOf(chunks: Buffer[], maxLineBytes = 1000): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter({ maxLineBytes, onLine: line => lines.push(line) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('property: however a stream is cut, the lines are the same', () => {
  const line = fc.string({ minLength: 1, unit: 'binary' }).filter(text => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(300)), (lines, cuts) => {
      const whole = Buffer.from(lines.map(text => `${text}\n`).join(''));
      const places = [0, ...cuts.filter(cut => cut < whole.length).sort((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      assert.deepEqual(linesOf(chunks), linesOf([whole]));
      assert.deepEqual(
        linesOf([whole]),
        lines.map(text => Buffer.from(text).toString('utf8')),
      );
    }),
  );
});

test('empty lines are skipped and the last newline may be missing', () => {
  assert.deepEqual(linesOf([Buffer.from('a\n\n\nb')]), ['a', 'b']);
});

test('a line without end is refused before it fills the memory', () => {
  const splitter = new LineSplitter({ maxLineBytes: 10, onLine: () => {} });
  splitter.push(Buffer.from('12345\n1234567890'));
  assert.throws(() => splitter.push(Buffer.from('1')), /longer than 10 bytes/);
});
