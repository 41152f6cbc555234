// The seed document, performed by the script that makes docs/setup/walkthrough.md: what an administrator types and reads
// there is what the programs take and print.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dovecotUnavailable } from '../fixtures/dovecot.ts';

const script = fileURLToPath(new URL('../../scripts/walk-the-seed.ts', import.meta.url));
const walkthrough = new URL('../../docs/setup/walkthrough.md', import.meta.url);

/** Columns are as wide as what is masked in them. */
const lines = (text: string): string[] => text.split('\n').map(line => line.replaceAll(/ +/g, ' ').trim());

test('the seed document can be walked from signing up to the probe, as the walkthrough shows it', {
  skip: dovecotUnavailable() ?? false,
}, async () => {
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(execPath, [script], { timeout: 300_000, maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
  assert.deepEqual(
    lines(printed),
    lines(readFileSync(walkthrough, 'utf8')),
    'node scripts/walk-the-seed.ts --write makes the walkthrough anew',
  );
});
