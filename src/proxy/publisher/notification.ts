// A claim as it goes to the relay. What a person could read in it, the relay cannot: Web Push carries its whole payload
// encrypted for the device, APNs and FCM carry the number in the clear and at most a preview, encrypted.

import type { PreviewPayload } from '../../contract/badge-payload.ts';
import type { Notification } from '../../contract/publishing.ts';
import type { WebPushKeys } from '../../contract/push-targets.ts';
import type { Claim } from './claim.ts';
import type { EncryptPayload } from './payload-encryption.ts';
import { payloadSizes } from './payload-sizes.ts';
import { newestPreview, previewToAlert } from './previews.ts';
import { webPushPayload } from './web-push-payload.ts';

export type NotificationContext = {
  encrypt: EncryptPayload;
  /** Where a notification leads that a browser shows by itself. */
  webAppUrl: string;
};

/** Throws a RangeError when a device's Web Push keys are no keys. */
export function toNotification(claim: Claim, context: NotificationContext): Notification {
  const { attemptId, traceId, appId, sealedTarget, collapseKey, badge, expiresAt, presentation } = claim;
  return {
    id: attemptId,
    traceId,
    appId,
    sealedTarget,
    collapseKey,
    expiresAt,
    presentation,
    ...(claim.keys === undefined
      ? { badge, ...nativeMembers(claim, context) }
      : // The number is in the body, for the device alone; the relay is told as much as it needs for the urgency.
        { badge: Math.min(badge, 1), body: webPushBody(claim, claim.keys, context) }),
  };
}

function webPushBody(claim: Claim, keys: WebPushKeys, context: NotificationContext): string {
  const { encrypt, webAppUrl } = context;
  const { payload, paddedBytes } = webPushPayload(claim, { preview: newestPreview(claim), webAppUrl });
  const body = encrypt(keys, payload, paddedBytes);
  if (body === undefined) throw new RangeError('the keys of a device are no Web Push keys');
  return base64url(body);
}

function nativeMembers(claim: Claim, context: NotificationContext): Pick<Notification, 'rev' | 'preview'> {
  const encrypted = encryptedPreview(claim, context);
  return {
    ...(claim.provider === 'fcm' && { rev: claim.rev }),
    ...(encrypted && { preview: base64url(encrypted) }),
  };
}

/** Keys that are no keys cost the preview, never the badge. */
function encryptedPreview(claim: Claim, { encrypt }: NotificationContext): Uint8Array | undefined {
  const { iconId, rev, previewKeys } = claim;
  if (previewKeys === undefined) return undefined;
  const preview = previewToAlert(claim);
  if (preview === undefined) return undefined;
  const payload: PreviewPayload = { v: 1, kind: 'preview', subscription: iconId, rev, preview };
  return encrypt(previewKeys, payload, payloadSizes.preview);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
