// Who wrote a message: the first author of its From header (RFC 5322 §3.4, §3.6.2), out of whatever stands there:
// several authors, groups, quoted names, comments, and what is no address at all.

import { decodeHeaderText } from './header-text.ts';

type Author = { name: string | null; address: string | null };

const headerCharacters = 8192;
const nameCharacters = 100;
/** RFC 5321 §4.5.3.1: 64 for the local part, 255 for the domain. */
const addressCharacters = 320;

/** The parts of one author, as they stand. */
type Parts = { phrase: string; comment: string; angle: string | undefined };

export function firstAuthor(from: string): Author {
  let group: string | undefined;
  for (const part of authors(from.slice(0, headerCharacters))) {
    if ('group' in part) {
      group ??= part.group;
      continue;
    }
    const { phrase, comment, angle } = part;
    const address = addressOf(angle ?? phrase);
    const name = angle === undefined && address !== null ? comment : phrase || comment;
    const author = { name: decodeHeaderText(name, nameCharacters) || null, address };
    if (author.name !== null || author.address !== null) return author;
  }
  // "undisclosed-recipients:;" and the like: nobody but the group's name.
  return { name: decodeHeaderText(group ?? '', nameCharacters) || null, address: null };
}

/** One pass over the header; nothing in it can make it throw or look back. */
function* authors(from: string): Generator<Parts | { group: string }> {
  let parts: Parts = { phrase: '', comment: '', angle: undefined };
  let inAngle = false;
  let quoted = false;
  let comments = 0;
  const text = (character: string): void => {
    if (comments > 0) parts.comment += character;
    else if (inAngle) parts.angle += character;
    else parts.phrase += character;
  };
  const taken = (): Parts => {
    const done = parts;
    parts = { phrase: '', comment: '', angle: undefined };
    inAngle = false;
    return done;
  };
  for (let at = 0; at < from.length; at += 1) {
    const character = from.charAt(at);
    if (character === '\\' && (quoted || comments > 0)) {
      at += 1;
      text(from.charAt(at)); // RFC 5322 §3.2.1: the quoted pair stands for its second character
    } else if (quoted) {
      if (character === '"') quoted = false;
      else text(character);
    } else if (character === '(') {
      comments += 1;
      if (comments > 1) parts.comment += character;
    } else if (comments > 0) {
      if (character === ')') comments -= 1;
      if (comments > 0) parts.comment += character;
    } else if (character === '"') quoted = true;
    else if (character === '<') {
      inAngle = true;
      parts.angle = '';
    } else if (character === '>') inAngle = false;
    else if (inAngle) text(character);
    else if (character === ',' || character === ';') yield taken();
    else if (character === ':') yield { group: taken().phrase };
    else text(character);
  }
  yield taken();
}

/** Null for what is no address. */
function addressOf(text: string): string | null {
  // RFC 5322 §4.4: an obsolete route stands before the address.
  const address = text.trim().replace(/^@[^:]*:/, '');
  if (address.length > addressCharacters) return null;
  return /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(address) ? address : null;
}
