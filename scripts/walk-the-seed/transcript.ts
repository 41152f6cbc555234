// What an administrator types and reads, as Markdown. What differs from run to run (times, ids, ports, folders) is
// masked: the same thing gets the same mask wherever it appears, so that a reader can still follow it.

import { createHash } from 'node:crypto';

type Mask = { pattern: RegExp; by: (text: string, nth: number) => string };

/** Stands for the nth distinct one, and looks like one. */
const digest = (kind: string, nth: number, encoding: 'hex' | 'base64url'): string =>
  createHash('sha256').update(`${kind} ${nth}`).digest(encoding);

const masks: Mask[] = [
  { pattern: /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, by: () => '2026-03-02T09:00:00Z' },
  { pattern: /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d/g, by: () => '2026-03-02 10:00:00 +01:00' },
  { pattern: /\b\d+(\.\d+)? (ms|s|min|MB)\b/g, by: text => `… ${text.split(' ')[1]}` },
  { pattern: /\b(ahead of|behind) the relay/g, by: () => 'ahead of the relay' },
  { pattern: /\b(127\.0\.0\.1|localhost):\d+/g, by: text => text.replace(/\d+$/, '…') },
  { pattern: /\blocalhost is .+/g, by: () => 'localhost is 127.0.0.1' },
  { pattern: /(?<=\bprocess )\d+|(?<=\brunning +)\d{2,}(?!\.)/g, by: () => '4711' },
  { pattern: /(?<=\bNode\.js )[\d.]+/g, by: () => '24' },
  { pattern: /(?<=\btest message )[0-9a-f]{8}\b/g, by: () => '5eed5eed' },
  { pattern: /\S{22} (?=Saved\b)/g, by: () => '' },
  {
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
    by: (_, nth) =>
      digest('guid', nth, 'hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5'),
  },
  {
    pattern: /\b(?:[0-9A-F]{8} ?){4}[0-9A-F]{8}\b/g,
    by: (text, nth) => {
      const thumbprint = digest('thumbprint', nth, 'hex').slice(0, 40).toUpperCase();
      return text.includes(' ') ? thumbprint.replaceAll(/.{8}(?!$)/g, '$& ') : thumbprint;
    },
  },
  { pattern: /\b[0-9a-f]{32}\b/g, by: (_, nth) => digest('trace', nth, 'hex').slice(0, 32) },
  { pattern: base64url(43), by: (_, nth) => digest('sha-256', nth, 'base64url') },
  { pattern: base64url(22), by: (_, nth) => digest('id', nth, 'base64url').slice(0, 22) },
  { pattern: /\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b/g, by: () => 'WDJB-MJHT' },
];

/** Random ones always have a capital; names of ours that are as long have none. */
function base64url(length: number): RegExp {
  return new RegExp(`(?<![\\w-])(?=[\\w-]*[A-Z])[\\w-]{${length}}(?![\\w-])`, 'g');
}

export class Transcript {
  readonly #seen = new Map<RegExp, string[]>();
  /** Text that is masked first, such as folders and addresses. */
  readonly #literal: [RegExp, string][] = [];
  #lines: string[] = [];

  hide(text: string, mask: string): void {
    this.#literal.push([new RegExp(`(?<!\\w)${text.replaceAll(/\W/g, '\\$&')}(?!\\w)`, 'g'), mask]);
  }

  say(markdown: string): void {
    this.#lines.push(markdown.trim(), '');
  }

  /** A command with what it printed, as a terminal shows it. */
  show(prompt: string, output: string): void {
    const shown = this.#masked(`$ ${prompt}\n${output}`)
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
    this.#lines.push('```', shown, '```', '');
  }

  get text(): string {
    return `${this.#lines.join('\n').trimEnd()}\n`;
  }

  #masked(text: string): string {
    let masked = text;
    for (const [literal, mask] of this.#literal) masked = masked.replaceAll(literal, mask);
    for (const { pattern, by } of masks) {
      const seen = this.#seen.get(pattern) ?? [];
      this.#seen.set(pattern, seen);
      masked = masked.replaceAll(pattern, found => {
        const same = found.replaceAll(' ', ''); // thumbprints are grouped where people compare them
        if (!seen.includes(same)) seen.push(same);
        return by(found, seen.indexOf(same) + 1);
      });
    }
    return masked;
  }
}
