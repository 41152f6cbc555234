// Text of a header as a person may be shown it. It was written by anybody: decoded where it can be, without what
// would move the words around it (controls, bidirectional overrides, invisible characters), and of a sane length.

import libmime from 'libmime';

/** Enough for every honest subject in every encoding; what is decoded is never longer. */
const rawCharacters = 8192;

/** RFC 2047 words decoded, then cleaned. */
export function decodeHeaderText(raw: string, maxCharacters: number): string {
  return cleanText(decodeWords(raw), maxCharacters);
}

/** One line of visible characters. */
export function cleanText(text: string, maxCharacters: number): string {
  const visible = text
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    // Zero-width joiners stay: scripts and emoji are written with them.
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, '')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  // By code points, so that no surrogate pair is cut in two.
  return visible.length <= maxCharacters ? visible : Array.from(visible).slice(0, maxCharacters).join('');
}

function decodeWords(raw: string): string {
  // A word that was cut in the middle would be shown as it is encoded.
  const text =
    raw.length <= rawCharacters
      ? raw
      : raw.slice(0, rawCharacters).replace(/=\?[^\s?]*(\?[^\s?]*){0,2}\??$/, '');
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}
