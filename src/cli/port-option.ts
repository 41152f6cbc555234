// A port on the command line.

import { InvalidArgumentError } from 'commander';
import { AppError } from '../runtime/errors.ts';

/** 0 takes any free one. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a port, 0 to 65535');
  return port;
}

/** Does what opens a port; where it cannot be had, the hint names the option that chooses another. */
export async function onPort<T>(option: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'address-in-use') throw error;
    throw new AppError(error.code, error.message, {
      hint: `choose another with ${option}; 0 takes any free one`,
      cause: error,
    });
  }
}
