// The judge of answers itself: it must refuse what a description does not say, by each keyword.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DocumentedAnswers } from '../fixtures/documented-answers.ts';

function judge(schema: object, answer: unknown): void {
  const responses = { 200: { description: '', content: { 'application/json': { schema } } } };
  const headers = new Headers({ 'content-type': 'application/json' });
  const answers = new DocumentedAnswers({ paths: { '/x': { get: { responses } } } });
  answers.check('GET', '/x', { status: 200, headers, text: JSON.stringify(answer) });
}

const named = (name: string) => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
});
const cases: [schema: object, good: unknown, bad: unknown][] = [
  [{ type: 'array', minItems: 1, maxItems: 2 }, [1], []],
  [{ type: 'array', minItems: 1, maxItems: 2 }, [1, 2], [1, 2, 3]],
  [{ oneOf: [named('a'), named('b')] }, { b: '' }, { a: '', b: '' }],
  [{ oneOf: [{ type: 'integer' }, { minimum: 0 }] }, -1, 1],
  [named('a'), { a: '' }, { a: '', more: 1 }],
  [{ ...named('a'), additionalProperties: {} }, { a: '', more: 1 }, {}],
  [
    { ...named('a'), additionalProperties: { type: 'string' } },
    { a: '', more: '' },
    { a: '', more: 1 },
  ],
];

test('each keyword takes what it describes and refuses the rest; an unknown keyword fails', () => {
  for (const [schema, good, bad] of cases) {
    judge(schema, good);
    assert.throws(() => judge(schema, bad), assert.AssertionError, JSON.stringify(bad));
  }
  assert.throws(() => judge({ 'x-new': 1 }, {}), /not known here/);
});
