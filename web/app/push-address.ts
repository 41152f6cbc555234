// The browser's own subscription at its push service: made, compared, and told as the contract wants it.

import { toBase64Url } from '../../src/device/base64url.ts';
import type { PushAddress } from './state.ts';

/** What is used of PushManager; the page's and the worker's are alike. */
export type PushPlace = Pick<PushManager, 'getSubscription' | 'subscribe'>;

export class NoPushAddress extends Error {
  override readonly name = 'NoPushAddress';
}

/** The subscription that is there, if it is for this key; else a new one. Throws what the browser throws. */
export async function pushAddress(push: PushPlace, vapidPublicKey: string): Promise<PushAddress> {
  const existing = await push.getSubscription();
  if (existing !== null) {
    const key = existing.options?.applicationServerKey ?? null;
    // A browser that does not tell the key is asked with it: it refuses a second key itself.
    if (key !== null && toBase64Url(new Uint8Array(key)) === vapidPublicKey) return addressOf(existing);
    await existing.unsubscribe();
  }
  const made = await push.subscribe({ userVisibleOnly: true, applicationServerKey: vapidPublicKey });
  return addressOf(made);
}

/** Null when there is none any more. */
export async function currentAddress(push: Pick<PushPlace, 'getSubscription'>): Promise<PushAddress | null> {
  const existing = await push.getSubscription();
  return existing === null ? null : addressOf(existing);
}

export function sameAddress(one: PushAddress, other: PushAddress): boolean {
  return (
    one.endpoint === other.endpoint &&
    one.keys.p256dh === other.keys.p256dh &&
    one.keys.auth === other.keys.auth
  );
}

function addressOf(subscription: PushSubscription): PushAddress {
  const p256dh = subscription.getKey('p256dh');
  const auth = subscription.getKey('auth');
  if (p256dh === null || auth === null)
    throw new NoPushAddress('the browser gave a subscription without keys');
  return {
    endpoint: subscription.endpoint,
    keys: { p256dh: toBase64Url(new Uint8Array(p256dh)), auth: toBase64Url(new Uint8Array(auth)) },
  };
}
