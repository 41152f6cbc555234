// `npm test`: installs the Debian packages that the tests need (when root; else those tests skip visibly), then runs
// all tests. Arguments are test files or globs: `npm test -- src/proxy/publisher`.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { buildWeb } from './build-web.ts';

const packages = ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd', 'chromium', 'firefox-esr'];

const install = spawnSync('sh', ['scripts/install-packages.sh', ...packages], { stdio: 'inherit' });
if (install.status !== 0) {
  process.stderr.write('mailbadge: tests that need a missing package will be skipped, and say so\n');
}

await buildWeb(); // the tests open the consoles' pages

// One more than there are cores: many tests wait for processes that they started.
const concurrency = availableParallelism() + 1;
const chosen = argv.slice(2);
const patterns = chosen.length > 0 ? chosen.map(asPattern) : ['{src,web,test}/**/*.test.ts'];
const run = spawnSync(
  execPath,
  [
    '--test',
    '--test-timeout=600000',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    ...patterns,
  ],
  {
    stdio: 'inherit',
    // The tests start hundreds of processes of ours; with the cache each takes half the CPU time to start.
    env: {
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/node-compile-cache'),
      ...process.env,
      NODE_ENV: 'test',
    },
  },
);
process.exitCode = run.status ?? 1;

function asPattern(name: string): string {
  return existsSync(name) && statSync(name).isDirectory() ? `${name}/**/*.test.ts` : name;
}
