// Thumbprints and instants, as people type and paste them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../runtime/errors.ts';
import { parseThumbprint } from './thumbprint.ts';
import { parseUtcInstant } from './utc-instant.ts';

const example = Date.UTC(2030, 0, 31, 22);
const digits = '8F59A01CCB5EE4171A6EC2A3B75C6DBF7FDCE3FB';

test('a thumbprint may have any case, spaces, colons, and the invisible mark of the Windows dialog', () => {
  const pairs = digits.match(/../g) ?? [];
  for (const typed of [
    digits,
    digits.toLowerCase(),
    pairs.join(':'),
    ` ${pairs.join(' ').toLowerCase()}\n`,
    `\u200E${pairs.join(' ')}`,
  ]) {
    assert.equal(parseThumbprint(typed), digits);
  }
  for (const typed of ['', digits.slice(1), `${digits}0`, digits.replace('8', 'G'), 'a'.repeat(43)]) {
    assert.equal(parseThumbprint(typed), undefined);
  }
});

test('an instant in UTC is taken to the millisecond', () => {
  assert.equal(parseUtcInstant('2030-01-31T22:00:00Z', { example }), example);
  assert.equal(parseUtcInstant(' 2030-01-31t22:00z ', { example }), example);
  assert.equal(parseUtcInstant('2030-01-31T22:00:00.125Z', { example }), example + 125);
});

for (const typed of [
  '2030-01-31T22:00:00',
  '2030-01-31T22:00:00+01:00',
  '2030-01-31T22:00:00-0700',
  '2030-01-31 22:00:00Z',
  '2030-01-31',
  '1/31/2030 10:00:00 PM',
  '31.01.2030 22:00',
  'Thu, 31 Jan 2030 22:00:00 GMT',
  '2030-02-31T22:00:00Z',
  '2030-01-31T24:00:00Z',
  '2030-13-01T00:00:00Z',
  '1896128400000',
  'tomorrow',
  '',
]) {
  test(`"${typed}" is refused with an example in UTC`, () => {
    assert.throws(
      () => parseUtcInstant(typed, { example }),
      (error: unknown) =>
        error instanceof AppError && error.code === 'usage' && /2030-01-31T22:00:00Z/.test(error.hint ?? ''),
    );
  });
}
