// A claim as it goes to the relay. Web Push carries its badge encrypted for the device, so that the relay forwards
// bytes it cannot read; `rev` lets the service worker ignore a badge that comes late.

import type { BadgePayload } from '../../contract/badge-payload.ts';
import type { Notification } from '../../contract/publishing.ts';
import type { WebPushKeys } from '../../contract/push-targets.ts';
import type { Claim } from './claim.ts';

/** RFC 8291; throws for keys that are no keys. */
export type EncryptBadge = (keys: WebPushKeys, payload: BadgePayload) => Uint8Array;

export function toNotification(claim: Claim, encryptBadge: EncryptBadge): Notification {
  const {
    attemptId,
    iconId,
    traceId,
    appId,
    sealedTarget,
    collapseKey,
    badge,
    rev,
    expiresAt,
    presentation,
  } = claim;
  const notification: Notification = {
    id: attemptId,
    traceId,
    appId,
    sealedTarget,
    collapseKey,
    badge,
    expiresAt,
    presentation,
  };
  if (claim.keys === undefined) return notification;
  const payload: BadgePayload = { v: 1, kind: 'badge', subscription: iconId, badge, rev, presentation };
  const body = Buffer.from(encryptBadge(claim.keys, payload)).toString('base64url');
  return { ...notification, body };
}
