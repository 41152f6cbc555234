// The header fields of a message from its bytes, perhaps cut off somewhere: unfolded (RFC 5322 §2.2.3), the first
// of each name. Bytes beyond ASCII are UTF-8 (RFC 6532), or what most others would have meant: Windows-1252.

export function headerFields(raw: Uint8Array): ReadonlyMap<string, string> {
  const lines = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1').split(/\r?\n/);
  const fields = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of lines) {
    if (line === '') break; // the body begins
    if (/^[ \t]/.test(line)) {
      current?.push(line);
      continue;
    }
    const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line) ?? [];
    current = value === undefined ? undefined : [value];
    const key = name?.toLowerCase();
    if (key !== undefined && current !== undefined && !fields.has(key)) fields.set(key, current);
  }
  return new Map(Array.from(fields, ([name, parts]) => [name, textOf(parts.join('')).trim()]));
}

function textOf(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
