// What a mailbox's list shows of a message: From and Subject, unfolded (RFC 5322 §2.2.3) and decoded (RFC 2047), and
// its id.

const shownCharacters = 200;

export function readHeaders(raw: Buffer): { from: string; subject: string; messageId: string | null } {
  const text = raw.toString('utf8');
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const unfolded = text.slice(0, end).replaceAll(/\r?\n[ \t]+/g, ' ');
  const header = (name: string): string => {
    const value = new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(unfolded)?.[1] ?? '';
    return decodeWords(value.trim()).slice(0, shownCharacters);
  };
  const messageId = /<([^<>\s]+)>/.exec(header('Message-ID'))?.[1] ?? null;
  return { from: header('From'), subject: header('Subject'), messageId };
}

/** RFC 2047 §2: =?charset?B|Q?text?=; the space between two encoded words is none (§6.2). */
function decodeWords(value: string): string {
  return value
    .replaceAll(/(=\?[^?\s]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replaceAll(
      /=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi,
      (word, charset: string, encoding: string, text: string) => {
        const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : fromQ(text);
        try {
          return new TextDecoder(charset.split('*')[0]).decode(bytes); // RFC 2231 §5 allows charset*language
        } catch {
          return word;
        }
      },
    );
}

/** RFC 2047 §4.2 */
function fromQ(text: string): Buffer {
  return Buffer.from(
    text
      .replaceAll('_', ' ')
      .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
