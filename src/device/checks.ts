// Small checks of which the shapes of answers and payloads are put together. They narrow types and change nothing.

export type Check<T> = (value: unknown) => value is T;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** No text that a service answers is longer. */
const longestText = 8192;

export const isText: Check<string> = (value): value is string =>
  typeof value === 'string' && value.length <= longestText;

/** A whole number, not negative: counts, instants, revisions. */
export const isNumber: Check<number> = (value): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

export const isBoolean: Check<boolean> = value => typeof value === 'boolean';

/** RFC 3986: an id of ours needs no escaping in a path. */
export const isId: Check<string> = (value): value is string =>
  isText(value) && /^[A-Za-z0-9_-]{1,64}$/.test(value);

/** Only these are ever opened or posted to: never `javascript:`. */
export const isWebUrl: Check<string> = (value): value is string =>
  isText(value) && /^https?:\/\/[^/]/i.test(value);

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function listOf<T>(check: Check<T>, most: number): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.length <= most && value.every(check);
}

export function oneOf<T extends string>(...names: T[]): Check<T> {
  return (value): value is T => (names as unknown[]).includes(value);
}

/** Members are looked for in the object itself: what an object inherits answers nothing. */
export function object<T extends object>(checks: { [Name in keyof T]-?: Check<T[Name]> }): Check<T> {
  const entries = Object.entries(checks) as [string, Check<unknown>][];
  return (value): value is T =>
    isRecord(value) &&
    entries.every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined));
}
