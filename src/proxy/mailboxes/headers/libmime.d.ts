// What we use of libmime, which brings no types.
declare module 'libmime' {
  /** RFC 2047 encoded words, in whatever charset; a charset that it does not know is read as UTF-8. */
  function decodeWords(text: string): string;
  export default { decodeWords };
}
