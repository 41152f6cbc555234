// What happens when nobody takes what is printed. A pipe that is closed early (`mailbadge … | head -1`) is no failure:
// a command finishes what it began, and what would run on stops as by a signal. A full disk under stdout is a failure.
// Messages and logs that cannot be written must not end a service.

import { describeError } from '../runtime/errors.ts';
import { printError } from './output.ts';

export function watchStandardStreams(): void {
  process.stderr.on('error', () => undefined);
  let lost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (lost) return;
    lost = true;
    if (error.code !== 'EPIPE') {
      printError(
        `the output cannot be written: ${describeError(error)}`,
        'make room where it goes, and run it again',
      );
      process.exitCode = 1;
    }
    process.emit('SIGTERM', 'SIGTERM'); // only what runs until a signal listens to it
  });
}
