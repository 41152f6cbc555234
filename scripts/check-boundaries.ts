// Runs the import rules of .dependency-cruiser.cjs. A cruiser that sees no TypeScript prints "no violations" and
// ends with 0, so this fails when fewer modules were cruised than files exist, and when a planted violation
// (test/fixtures/violations) is not reported. Takes another configuration and folders, for its own test.

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

function problemsOf({ summary }: Cruise, files: number): string[] {
  const problems = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  const enough = summary.totalCruised > 0 && summary.totalCruised >= files;
  return enough
    ? problems
    : [...problems, `only ${summary.totalCruised} modules were cruised of ${files} files`];
}

const [config = '.dependency-cruiser.cjs', ...folders] = process.argv.slice(2);
if (folders.length === 0) folders.push('src', 'web', 'test', 'bench', 'scripts', 'examples/device-sdk');
const cruised = cruise(config, folders);
const problems = problemsOf(cruised, typescriptFiles(folders[0] ?? 'src'));

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
    `boundaries: ${cruised.summary.totalCruised} modules, no violation; planted ones are reported\n`,
  );
}
