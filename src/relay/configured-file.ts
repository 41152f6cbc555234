// Reads a file that the configuration names, or says which key names it wrongly.

import { readFileSync } from 'node:fs';
import { AppError } from '../runtime/errors.ts';

export function readConfiguredFile(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError(
      'config-invalid',
      `${path}, which the configuration's "${key}" names, cannot be read`,
      {
        hint: 'check the path, and that the service user may read it',
        cause,
      },
    );
  }
}
