// What a command needs, looked at before it changes anything; everything that is missing is told at once.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../runtime/errors.ts';

type Found<Checks extends readonly (() => unknown)[]> = {
  [Index in keyof Checks]: Awaited<ReturnType<Checks[Index]>>;
};

/** Each check throws an AppError that says what is missing; all are run. A single fault is thrown as it is. */
export async function checkPrerequisites<const Checks extends readonly (() => unknown)[]>(
  checks: Checks,
): Promise<Found<Checks>> {
  const missing: AppError[] = [];
  const found: unknown[] = [];
  for (const check of checks) {
    try {
      found.push(await check());
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      missing.push(error);
    }
  }
  const [first, ...others] = missing;
  if (first === undefined) return found as Found<Checks>;
  if (others.length === 0) throw first;
  const lines = missing.map(
    ({ message, hint }) => `\n  - ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
  throw new AppError('prerequisites-missing', `${missing.length} things are missing:${lines.join('')}`, {
    hint: 'put them right, and run this again: nothing was changed',
  });
}

/** `makesFolders`: folders that are missing on the way to it would be made, too. `hint` says what to do if not. */
export function checkWritable(
  path: string,
  { makesFolders = false, hint }: { makesFolders?: boolean; hint: string },
): void {
  const refused = new AppError('usage', `${path} cannot be written`, { hint });
  const file = statSync(path, { throwIfNoEntry: false });
  if (file !== undefined) {
    if (file.isDirectory() || !isWritable(path)) throw refused;
    return;
  }
  let folder = dirname(path);
  while (makesFolders && !existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true || !isWritable(folder))
    throw refused;
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
