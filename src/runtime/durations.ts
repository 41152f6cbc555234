// Durations in configuration are strings with a unit ("30s", "15m", "2h", "30d"), milliseconds in the program.

import { z } from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** A zod schema for such a string that yields milliseconds. */
export function duration(defaultText: string) {
  return z
    .string()
    .default(defaultText)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === undefined) {
        context.addIssue({
          code: 'custom',
          message: 'expected a number with a unit: 500ms, 30s, 15m, 2h or 30d',
        });
        return z.NEVER;
      }
      return ms;
    });
}
