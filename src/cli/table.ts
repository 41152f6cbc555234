// Aligned columns for people. What stands in a cell may come from outside (a mailbox's name, a mail server's answer)
// and must not end its line.

import { printable } from './printable.ts';

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map(row => row.map(printable));
  const widths = header.map((_, column) => Math.max(...lines.map(row => row[column]?.length ?? 0)));
  return lines
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** UTC, to the second; "-" for never. */
export function instant(at: number | null): string {
  return at === null ? '-' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
