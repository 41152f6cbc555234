// Instants, spans and numbers as people read them: local time, with how long ago, and UTC on hovering.

import { useEffect, useState } from 'preact/hooks';
import { type Locale, useLocale, useLookText } from './locale.tsx';

const minute = 60_000;
const units: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 365 * 24 * 60 * minute],
  ['month', 30 * 24 * 60 * minute],
  ['day', 24 * 60 * minute],
  ['hour', 60 * minute],
  ['minute', minute],
  ['second', 1000],
];

export function relativeTime(ms: number, locale: Locale): string {
  const found = units.find(([, length]) => Math.abs(ms) >= length);
  if (found === undefined)
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second'); // now
  const [unit, length] = found;
  return new Intl.RelativeTimeFormat(locale, { numeric: 'always' }).format(Math.trunc(ms / length), unit);
}

export function localTime(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
  }).format(at);
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function Instant({ at, absent }: { at: number | null; absent?: string }) {
  const locale = useLocale();
  const text = useLookText();
  const now = useNow();
  if (at === null) return <span class="muted">{absent ?? text.never}</span>;
  return (
    <span class="instant">
      <time dateTime={new Date(at).toISOString()} title={utc(at)}>
        {localTime(at, locale)}
      </time>{' '}
      <small>{relativeTime(at - now, locale)}</small>
    </span>
  );
}

/** The time when it is drawn, and drawn again often enough for "3 minutes ago". */
export function useNow(): number {
  const [, setDrawn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setDrawn(drawn => drawn + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  return Date.now(); // not the timer's: what has just happened would lie in the future
}

export function useNumber(): (value: number) => string {
  const format = new Intl.NumberFormat(useLocale());
  return value => format.format(value);
}
