// What SQLite refuses because of the machine, in words for who can mend it. Everything else is our own defect and
// stays what it is.

import { AppError } from '../runtime/errors.ts';

const cannotOpen = [
  'cannot be opened',
  'its folder must exist and be writable by the service user, who should run the commands too',
] as const;

/** By primary result code: https://www.sqlite.org/rescode.html */
const failures: Record<number, readonly [what: string, hint: string]> = {
  5: [
    'is kept locked by another process',
    'no process of ours does so for long: look for one that hangs or is paused, and end it',
  ],
  8: [
    'can only be read',
    'it and its folder must be writable by the service user, who should run the commands too',
  ],
  10: ['cannot be read or written: the disk fails', 'look at the system’s log, and at the disk'],
  11: ['is damaged', 'restore your backup'],
  13: ['cannot be written: the disk is full', 'make room; nothing that was confirmed is lost'],
  14: cannotOpen,
  26: ['is no database', 'give the path of the right file, or restore your backup'],
};

/** An AppError for the failures above and those of the file system, else what it was given. */
export function databaseFailure(cause: unknown, path: string): unknown {
  const { errcode, syscall } = cause as { errcode?: unknown; syscall?: unknown };
  const failure =
    typeof errcode === 'number' ? failures[errcode & 0xff] : syscall === undefined ? undefined : cannotOpen;
  if (failure === undefined) return cause;
  const [what, hint] = failure;
  return new AppError('database-unavailable', `the database ${path} ${what}`, { hint, cause });
}
