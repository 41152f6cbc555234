import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../runtime/errors.ts';
import { checkPrerequisites } from './prerequisites.ts';

const missing = (code: 'relay-unreachable' | 'clock-skewed', message: string) => () => {
  throw new AppError(code, message, { hint: `mend ${message}` });
};

test('answers what the checks found, in their order', async () => {
  const [number, text] = await checkPrerequisites([() => 1, async () => 'two']);
  assert.equal(number + text.length, 4);
});

test('one thing that is missing keeps its own code, words and hint', async () => {
  await assert.rejects(checkPrerequisites([() => 1, missing('clock-skewed', 'the clock')]), {
    code: 'clock-skewed',
    message: 'the clock',
    hint: 'mend the clock',
  });
});

test('of several, all are told, each with its remedy', async () => {
  const checks = [missing('relay-unreachable', 'the relay'), missing('clock-skewed', 'the clock')];
  await assert.rejects(checkPrerequisites(checks), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === 'prerequisites-missing');
    assert.equal(
      error.message,
      '2 things are missing:\n  - the relay (mend the relay)\n  - the clock (mend the clock)',
    );
    return true;
  });
});

test('a defect is not taken for something missing', async () => {
  const defect = new TypeError('oops');
  await assert.rejects(
    checkPrerequisites([
      () => {
        throw defect;
      },
    ]),
    defect,
  );
});
