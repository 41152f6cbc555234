import { type RawBuilder, sql } from 'kysely';

/** `column` contains the text, letter for letter but for ASCII's case. */
export function contains(column: string, text: string): RawBuilder<boolean> {
  const pattern = `%${text.replaceAll(/[\\%_]/g, character => `\\${character}`)}%`;
  return sql<boolean>`${sql.ref(column)} LIKE ${pattern} ESCAPE '\\'`;
}
