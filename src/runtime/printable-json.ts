// JSON that a terminal may be given. JSON.stringify escapes the controls of ASCII alone; those of Latin-1 (U+009B begins
// a command as ESC [ does), bidirectional overrides and invisible characters would pass through logs and --json.

/** Outside of strings JSON has none of them but the line end. The value stays the same. */
export function printableJson(json: string): string {
  return json.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** RFC 8259 §7: by UTF-16 code units. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
