// What a terminal may be given. Words from outside (a mailbox's name, a mail server's answer, a relay's refusal) could
// clear the screen, write over what stands on it or turn the direction of writing.

const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line: nothing that a terminal would obey, line ends included. */
export function printable(text: string): string {
  return text.replaceAll(obeyed, '\uFFFD');
}

/** Any number of lines. */
export function printableLines(text: string): string {
  return text.replaceAll(obeyed, character => (/[\n\t]/.test(character) ? character : '\uFFFD'));
}
