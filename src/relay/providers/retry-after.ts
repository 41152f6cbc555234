// Retry-After as a duration (RFC 9110 §10.2.3): seconds or an HTTP date. Bounded, so that no provider can silence an
// app for longer than an hour by one header.

const maxRetryAfterMs = 3_600_000;

/** Milliseconds from `now`, or undefined where the header is missing or malformed. */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  // all three date forms of RFC 9110 §5.6.7 begin with the day's name
  const at = /^[A-Z][a-z]{2}.*\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : at - now;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(0, delayMs), maxRetryAfterMs);
}
