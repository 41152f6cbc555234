// A duration as an option takes it: a number with a unit, milliseconds in the program.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../runtime/durations.ts';

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('expected a number with a unit: 30s, 15m, 2h or 30d');
  return ms;
}
