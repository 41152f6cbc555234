// A message as a list shows it. Sender and subject come from anybody: they are shown as text, isolated, and cut by the
// look of the list; here is only what is derived from them.

import type { Message } from '../../src/contract/devices.ts';

/** What stands in the circle beside a sender. */
export function initialOf({ fromName, fromAddress }: Pick<Message, 'fromName' | 'fromAddress'>): string {
  const letter = /\p{L}|\p{N}/u.exec(fromName ?? '') ?? /\p{L}|\p{N}/u.exec(fromAddress ?? '');
  return letter?.[0].toLocaleUpperCase() ?? '?';
}

const dayMs = 24 * 60 * 60_000;

/** The time today, the day of the last week, else the date; the year where it is another. */
export function shortTime(at: number, now: number, locale: string): string {
  const day = (instant: number) => new Date(instant).setHours(0, 0, 0, 0);
  if (day(at) === day(now))
    return format(at, locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (at < now && day(now) - day(at) < 6.5 * dayMs) return format(at, locale, { weekday: 'short' });
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, locale, { day: 'numeric', month: 'short', ...(!sameYear && { year: 'numeric' }) });
}

function format(at: number, locale: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, options).format(at);
}
