// `npm run check`: everything that is judged without running the program. All steps run; the status tells of any.

import { spawnSync } from 'node:child_process';

const steps: readonly (readonly [name: string, command: string, ...parameters: string[]])[] = [
  ['format and lint', 'biome', 'ci', '--error-on-warnings'],
  ['types', 'tsc', '--noEmit', '-p', '.'],
  ['types of the pages', 'tsc', '--noEmit', '-p', 'web'],
  ['typed lint', 'eslint', '.', '--max-warnings=0'],
  ['boundaries', 'node', 'scripts/check-boundaries.ts'],
  ['unused code', 'knip'],
  ['generated files', 'node', 'scripts/generate.ts', '--check'],
];

const failed: string[] = [];
for (const [name, command, ...parameters] of steps) {
  process.stdout.write(`── ${name}\n`);
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'check: all well\n' : `check: failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
