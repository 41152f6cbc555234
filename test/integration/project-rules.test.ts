// Rules of the project that a program can hold: import boundaries are really checked, and the registry of error codes
// tells the truth.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCodes } from '../../src/contract/error-codes.ts';

function checkBoundaries(...parameters: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, ['scripts/check-boundaries.ts', ...parameters], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `node_modules/.bin:${process.env['PATH']}` },
  });
}

test('a planted violation of the import boundaries fails the check and is named', () => {
  const { status, stderr } = checkBoundaries(
    'test/fixtures/violations/dependency-cruiser.cjs',
    'test/fixtures/violations/src',
  );
  assert.equal(status, 1);
  assert.match(stderr, /proxy-and-relay-meet-only-in-contract: .*thief\.ts → .*secret\.ts/);
  assert.match(stderr, /contract-imports-only-zod/);
  assert.match(stderr, /no-cycles/);
});

test('a boundary check that sees no module fails', t => {
  const empty = mkdtempSync(join(tmpdir(), 'mailbadge-empty-'));
  t.after(() => rmSync(empty, { recursive: true }));
  const { status, stderr } = checkBoundaries('.dependency-cruiser.cjs', empty);
  assert.equal(status, 1);
  assert.match(stderr, /0 modules were cruised/);
});

test('every error code is used, and the reference lists exactly the codes that exist', () => {
  const source = globSync('src/**/*.ts')
    .filter(path => !path.endsWith('.test.ts') && !/contract\/(error-codes|messages)/.test(path))
    .map(path => readFileSync(path, 'utf8'))
    .join('\n');
  const codes = Object.keys(errorCodes);
  const unused = codes.filter(code => !source.includes(`'${code}'`));
  assert.deepEqual(unused, [], 'a code that nothing answers');
  const documented = [
    ...readFileSync('docs/reference/errors.md', 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm),
  ].map(match => match[1]);
  assert.deepEqual(documented.toSorted(), codes.toSorted());
});
