// Text that a stranger wrote (a sender's name, a subject) as it may stand in a preview: one line, nothing that reorders
// what stands around it, and cut between characters as people see them, so that it always fits its place in a payload.

// Explicit directional formatting (Unicode UAX #9 §2.1–2.5): left open, it would also turn what follows the text.
const directional = /[\u202A-\u202E\u2066-\u2069]/g;
const breaking = /[\p{Cc}\s]+/gu;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** At most `maxBytes` long where it stands in JSON, as UTF-8; what was cut off is told by an ellipsis. */
export function previewText(text: string, maxBytes: number): string {
  const line = text.toWellFormed().replace(directional, '').replace(breaking, ' ').trim();
  if (jsonBytes(line) <= maxBytes) return line;
  let room = maxBytes - jsonBytes('…');
  let cut = '';
  // What is longer in UTF-16 units is longer in bytes: no more than that has to be looked at.
  for (const { segment } of graphemes.segment(line.slice(0, maxBytes))) {
    room -= jsonBytes(segment);
    if (room < 0) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

/** Of a string without its quotes. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
