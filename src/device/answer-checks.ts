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

import {
  isBoolean,
  isId,
  isNumber,
  isText,
  isWebUrl,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
} from './checks.ts';

export type SignedIn = {
  /** The bearer token; absent when the session is in a cookie. */
  session?: string;
  mailbox: string;
  expiresAt: number;
};

export type Confirmed = { sealedTarget: string; targetId: string };

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
