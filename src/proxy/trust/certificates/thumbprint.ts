// How people name a certificate: its SHA-1 thumbprint as some window showed it, or its key id.

/** 40 upper-case hexadecimal digits; undefined when the text is no thumbprint. */
export function parseThumbprint(text: string): string | undefined {
  // Windows puts an invisible mark (U+200E) in front of what is copied from its certificate dialog.
  const digits = text.replaceAll(/[\s:\p{Cf}]/gu, '').toUpperCase();
  return /^[0-9A-F]{40}$/.test(digits) ? digits : undefined;
}
