// Instants that people type. Only UTC is taken: a local time is ambiguous twice, by the zone and by the change of
// clocks, and an outage of some hours is what such a date has always led to.

import { AppError } from '../../../runtime/errors.ts';

/** Milliseconds; the text must be a full ISO 8601 instant ending in Z, of a day that exists. */
export function parseUtcInstant(text: string, { example }: { example: number }): number {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?Z$/i.exec(text.trim());
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[3] ?? ':00'}Z`);
  // Date.parse turns 31 February into 3 March, and 24:00 into the next day.
  if (
    match === null ||
    Number.isNaN(at) ||
    !new Date(at).toISOString().startsWith(`${match[1]}T${match[2]}`)
  ) {
    throw new AppError('usage', `"${text}" is not an instant in UTC`, {
      hint: `write it like ${new Date(example).toISOString().replace(/\.\d+Z$/, 'Z')}: with date, time and a Z at the end; local times are not taken`,
    });
  }
  return at;
}
