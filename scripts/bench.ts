// `npm run bench [name…]`: runs the benches (each bench/<name>.ts; all when none is named), one after the other, each
// in a process of its own that prints a section of Markdown. What they print goes to stdout and, with what it was
// measured on, to bench/RESULTS.md; nothing in that file is written by hand.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../bench');
const limitMs = 10 * 60_000;

const known = readdirSync(folder)
  .filter(name => name.endsWith('.ts'))
  .map(name => name.slice(0, -'.ts'.length));
const named = process.argv.slice(2);
const unknown = named.filter(name => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')} (there are: ${known.join(', ')})`);
  process.exit(2);
}

const sections = [setting()];
console.log(sections[0]);
for (const name of named.length > 0 ? named : known) {
  const { status, stdout } = spawnSync(process.execPath, [join(folder, `${name}.ts`)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
  });
  if (status !== 0) {
    console.error(`bench ${name} failed: bench/RESULTS.md is left as it was`);
    process.exit(1);
  }
  console.log(`\n${stdout.trim()}`);
  sections.push(stdout.trim());
}
writeFileSync(join(folder, 'RESULTS.md'), `${sections.join('\n\n')}\n`);

function setting(): string {
  const processors = cpus();
  const facts = {
    date: new Date().toISOString(),
    commit: commit(),
    command: ['npm run bench', ...named].join(' '),
    processor: `${processors[0]?.model ?? 'unknown'}, ${processors.length} cores, ${arch()}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    'Node.js': process.version,
    'load before': `${(loadavg()[0] ?? 0).toFixed(2)} (1 min)`,
  };
  return [
    '# Results of the benches',
    '',
    'Written by the command below. Loopback and one machine: take ratios within one run for what they are, and',
    'absolute figures for the order of magnitude.',
    '',
    ...Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`),
  ].join('\n');
}

function commit(): string {
  const git = (...parameters: string[]): string =>
    execFileSync('git', parameters, { cwd: folder, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', ':!RESULTS.md', ':/') !== '';
  return `${git('rev-parse', 'HEAD')}${changed ? ', with changes that are not committed' : ''}`;
}
