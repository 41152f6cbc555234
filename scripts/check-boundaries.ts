// Runs the import rules of .dependency-cruiser.cjs. A cruiser that sees no TypeScript prints "no violations" and
// ends with 0, so this fails when fewer modules were cruised than files exist, and when a planted violation
// (test/fixtures/violations) is not reported.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

type Cruise = {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
};

function cruise(config: string, folders: string[]): Cruise {
  const output = runCruiser(['--config', config, '--output-type', 'json', ...folders]);
  return JSON.parse(output) as Cruise;
}

function runCruiser(parameters: string[]): string {
  try {
    return execFileSync('depcruise', parameters, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  } catch (error) {
    const { stdout } = error as { stdout?: string }; // with violations it ends with a status above 0
    if (stdout?.startsWith('{')) return stdout;
    throw error;
  }
}

function typescriptFiles(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
    .length;
}

const problems: string[] = [];

const files = typescriptFiles('src');
const { summary } = cruise('.dependency-cruiser.cjs', ['src', 'test', 'bench', 'scripts']);
for (const { rule, from, to } of summary.violations) problems.push(`${rule.name}: ${from} → ${to}`);
if (summary.totalCruised < files)
  problems.push(`only ${summary.totalCruised} modules were cruised of ${files} files`);

const planted = cruise('test/fixtures/violations/dependency-cruiser.cjs', ['test/fixtures/violations/src']);
for (const expected of ['proxy-and-relay-meet-only-in-contract', 'contract-imports-only-zod', 'no-cycles']) {
  if (!planted.summary.violations.some(({ rule }) => rule.name === expected)) {
    problems.push(`the planted violation of "${expected}" was not reported: the check checks nothing`);
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(
    `boundaries: ${summary.totalCruised} modules, no violation; planted ones are reported\n`,
  );
}
