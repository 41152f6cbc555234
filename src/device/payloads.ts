// What a device is pushed, checked before it is believed: the push service, and whoever learnt the device's public
// keys, can send anything. Unknown kinds and versions are ignored: a newer proxy may send them.

import type { BadgePayload, Preview, PreviewPayload } from '../contract/badge-payload.ts';
import type { ChallengePayload } from '../contract/registration.ts';
import { type Check, isId, isNumber, isText, object, oneOf, optional } from './checks.ts';

/** As many as an icon can count: a signed 32-bit number on iOS and Android. */
const isBadge: Check<number> = (value): value is number => isNumber(value) && value <= 2_147_483_647;
const isOne: Check<1> = value => value === 1;

const isPreview = object<Preview>({ mailbox: isText, from: isText, subject: isText, receivedAt: isNumber });

const isBadgePayload = object<BadgePayload>({
  v: isOne,
  kind: oneOf('badge'),
  subscription: isId,
  badge: isBadge,
  rev: isNumber,
  presentation: oneOf('badge', 'notification'),
  preview: optional(isPreview),
});

const isChallenge = object<ChallengePayload>({ v: isOne, kind: oneOf('challenge'), code: isId });

export const isPreviewPayload = object<PreviewPayload>({
  v: isOne,
  kind: oneOf('preview'),
  subscription: isId,
  rev: isNumber,
  preview: isPreview,
});

/** What a Web Push service may deliver at most (RFC 8030 §7.2). */
const longestText = 4096;

/** A badge or a code, also within a declarative message; undefined for anything else. */
export function pushPayload(text: string): BadgePayload | ChallengePayload | undefined {
  const payload = parsed(text);
  if (isBadgePayload(payload) || isChallenge(payload)) return payload;
  if (!isDeclarative(payload)) return undefined;
  return isBadgePayload(payload.mailbadge) ? payload.mailbadge : undefined;
}

const isDeclarative = object<{ web_push: 8030; mailbadge: unknown }>({
  web_push: (value): value is 8030 => value === 8030,
  mailbadge: (_value): _value is unknown => true,
});

export function parsed(text: string): unknown {
  if (text.length > longestText) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
