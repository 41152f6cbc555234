// `npm test`: installs the Debian packages that the tests need (when root; else those tests skip visibly), then runs
// all tests. Arguments are test files or globs: `npm test -- src/proxy/publisher`. A test that hangs is ended and named,
// what it leaves running holds nobody up, and whoever ends this ends what it started.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { buildWeb } from './build-web.ts';

const packages = ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd', 'chromium', 'firefox-esr'];
/** For one test or suite: four times what the longest takes on two busy cores. */
const testTimeoutMs = 420_000;
/** For all of them: what no timer ends, such as a test that spins. */
const runTimeoutMs = 30 * 60_000;

const install = spawnSync('sh', ['scripts/install-packages.sh', ...packages], { stdio: 'inherit' });
if (install.status !== 0) {
  process.stderr.write('mailbadge: tests that need a missing package will be skipped, and say so\n');
}

await buildWeb(); // the tests open the consoles' pages

// One more than there are cores: many tests wait for processes that they started.
const concurrency = availableParallelism() + 1;
const chosen = argv.slice(2);
const patterns = chosen.length > 0 ? chosen.map(asPattern) : ['{src,web,test}/**/*.test.ts'];
const run = spawn(
  execPath,
  [
    '--test',
    `--test-timeout=${testTimeoutMs}`,
    '--import=./scripts/end-test-file.ts',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    ...patterns,
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true, // a group of its own, in which all are that it starts
    // The tests start hundreds of processes of ours; with the cache each takes half the CPU time to start.
    env: {
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/node-compile-cache'),
      ...process.env,
      NODE_ENV: 'test',
    },
  },
);

// The runner, told to end, names the files that ran and repeats what has failed so far.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tellAll('SIGTERM'));
const overdue = setTimeout(() => {
  process.stderr.write(`mailbadge: the tests took more than ${runTimeoutMs / 60_000} minutes\n`);
  tellAll('SIGTERM');
}, runTimeoutMs);
run.once('close', status => {
  clearTimeout(overdue);
  tellAll('SIGKILL'); // what failed tests left running
  process.exitCode = status ?? 1;
});

function tellAll(signal: NodeJS.Signals): void {
  try {
    if (run.pid !== undefined) process.kill(-run.pid, signal);
  } catch {
    // nobody is left
  }
}

function asPattern(name: string): string {
  return existsSync(name) && statSync(name).isDirectory() ? `${name}/**/*.test.ts` : name;
}
