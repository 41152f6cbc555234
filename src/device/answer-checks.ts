// Whether an answer is what the contract says, as far as an app uses it. Written by hand: the contract's schemas need
// a library that weighs more than the rest of an app. Members that an answer has besides are left alone.

import type {
  CurrentSession,
  Device,
  IconStatus,
  Message,
  MessageList,
  Opened,
  Subscription,
  Ticket,
  WebApp,
} from '../contract/devices.ts';

export type Check<T> = (value: unknown) => value is T;

export type SignedIn = {
  /** The bearer token; absent when the session is in a cookie. */
  session?: string;
  mailbox: string;
  expiresAt: number;
};

export type Confirmed = { sealedTarget: string; targetId: string };

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

const isBoolean: Check<boolean> = value => typeof value === 'boolean';

/** RFC 3986: an id of ours needs no escaping in a path. */
const isId: Check<string> = (value): value is string => isText(value) && /^[A-Za-z0-9_-]{1,64}$/.test(value);

/** Only these are ever opened or posted to: never `javascript:`. */
export const isWebUrl: Check<string> = (value): value is string =>
  isText(value) && /^https?:\/\/[^/]/i.test(value);

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

function listOf<T>(check: Check<T>, most: number): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.length <= most && value.every(check);
}

function oneOf<T extends string>(...names: T[]): Check<T> {
  return (value): value is T => (names as unknown[]).includes(value);
}

/** Members are looked for in the object itself: what an object inherits answers nothing. */
function object<T extends object>(checks: { [Name in keyof T]-?: Check<T[Name]> }): Check<T> {
  const entries = Object.entries(checks) as [string, Check<unknown>][];
  return (value): value is T =>
    isRecord(value) &&
    entries.every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined));
}

export const isWebApp = object<WebApp>({
  name: isText,
  appId: orNull(isText),
  vapidPublicKey: orNull(isText),
  webmail: orNull(isWebUrl),
});

export const isSignedIn = object<SignedIn>({
  session: optional(isText),
  mailbox: isText,
  expiresAt: isNumber,
});

export const isCurrentSession = object<CurrentSession>({
  mailbox: isText,
  installationId: isText,
  expiresAt: isNumber,
});

export const isTicket = object<Ticket>({
  ticket: isText,
  registrationUrl: isWebUrl,
  expiresAt: isNumber,
  vapidPublicKey: optional(isText),
});

export const isPending = object<{ pending: string; expiresAt: number }>({
  pending: isText,
  expiresAt: isNumber,
});

export const isConfirmed = object<Confirmed>({ sealedTarget: isText, targetId: isText });

export const isSubscription = object<Subscription>({
  id: isId,
  iconId: isId,
  mailbox: isText,
  appId: isText,
  policy: oneOf('unseen', 'since-viewed'),
  previews: isBoolean,
  count: orNull(isNumber),
  createdAt: isNumber,
  viewedAt: orNull(isNumber),
  expiresAt: isNumber,
  endedAt: orNull(isNumber),
  endedReason: orNull(isText),
});

export const isOpened = object<Opened>({ badge: isNumber, rev: isNumber });

export const isIconStatus = object<IconStatus>({
  id: isId,
  badge: orNull(isNumber),
  rev: isNumber,
  state: oneOf('shown', 'publishing', 'waiting', 'paused', 'publishing-disabled', 'not-counted'),
  accepted: orNull(object<{ badge: number; at: number }>({ badge: isNumber, at: isNumber })),
  lastProblem: orNull(object<{ reason: string; at: number }>({ reason: isText, at: isNumber })),
  retryAt: orNull(isNumber),
  watched: oneOf('watched', 'unreachable', 'refused', 'gone'),
});

const isMessage = object<Message>({
  uid: isNumber,
  fromName: orNull(isText),
  fromAddress: orNull(isText),
  subject: orNull(isText),
  receivedAt: isNumber,
  links: orNull(
    object<NonNullable<Message['links']>>({
      open: isWebUrl,
      markRead: optional(isWebUrl),
      archive: optional(isWebUrl),
    }),
  ),
});

export const isMessageList = object<MessageList>({
  unseen: isNumber,
  uidValidity: isNumber,
  uidNext: isNumber,
  messages: listOf(isMessage, 50),
});

const isDevice = object<Device>({
  installationId: isText,
  name: orNull(isText),
  thisDevice: isBoolean,
  signedInAt: isNumber,
  lastSeenAt: isNumber,
  subscriptions: listOf(isSubscription, 1000),
});

export const isDeviceList = object<{ devices: Device[] }>({ devices: listOf(isDevice, 1000) });
