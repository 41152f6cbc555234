// What a device asks for must fit what its target is: only Web Push has the browser's keys and a form of payload, and a
// native app that wants previews brings a key pair of its own.

import type { z } from '@hono/zod-openapi';
import type { subscribeRequestSchema } from '../../../contract/devices.ts';
import type { ProviderName, WebPushKeys } from '../../../contract/push-targets.ts';
import { AppError } from '../../../runtime/errors.ts';
import { parseDeviceKeys } from '../../../runtime/webpush/device-keys.ts';

type Wishes = Pick<
  z.output<typeof subscribeRequestSchema>,
  'keys' | 'form' | 'presentation' | 'previews' | 'previewKeys'
>;

/** Throws `invalid-request`, naming the member. */
export function assertWishesFit(provider: ProviderName, wishes: Wishes): void {
  const { keys, form, presentation, previews, previewKeys } = wishes;
  if (provider === 'webpush') {
    refuseIf(keys === undefined, '"keys": a Web Push subscription needs its p256dh and auth keys');
    refuseIf(previewKeys !== undefined, '"previewKeys": Web Push has its keys for previews too');
    refuseIf(
      form === 'declarative' && presentation !== 'notification',
      '"presentation": a declarative message always shows a notification, so say notification',
    );
  } else {
    refuseIf(keys !== undefined, '"keys": only Web Push has them; a native app gives previewKeys');
    refuseIf(form !== 'worker', '"form": only Web Push has one');
    refuseIf(previews && previewKeys === undefined, '"previewKeys": previews are encrypted with them');
  }
  assertKeys('keys', keys);
  assertKeys('previewKeys', previewKeys);
}

function assertKeys(member: 'keys' | 'previewKeys', keys: WebPushKeys | undefined): void {
  if (keys === undefined || parseDeviceKeys(keys) !== undefined) return;
  throw new AppError('invalid-request', `"${member}": p256dh is no point of the curve P-256`, {
    hint: 'give the uncompressed point (65 bytes) as base64url without padding, as PushSubscription.getKey does',
  });
}

function refuseIf(wrong: boolean, message: string): void {
  if (wrong) throw new AppError('invalid-request', message);
}
