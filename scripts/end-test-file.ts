// Loaded before each test file: what a failed test left open holds up its process for a minute, not for ever. Node's own
// --test-force-exit may end a process before its results are written, and then they are missing without a word:
// https://github.com/nodejs/node/issues/64833.

import { after } from 'node:test';

/** The hooks of the file itself come after ours. */
const closingMs = 60_000;

// The runner loads this too, and has no tests of its own.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    setTimeout(() => {
      process.stderr.write(
        `left open by ${process.argv[1]}: ${process.getActiveResourcesInfo().join(', ')}\n`,
      );
      process.exit(1);
    }, closingMs).unref();
  });
}
