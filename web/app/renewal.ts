// Keeping a subscription: it ends 30 days after it was last renewed, and the browser may replace its push address.

import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError } from '../../src/device/device-error.ts';
import { currentAddress, type PushPlace, pushAddress, sameAddress } from './push-address.ts';
import { type Registering, register } from './registering.ts';
import type { ActiveBadge, PushAddress, WantedBadge } from './state.ts';

const halfMs = 15 * 86_400_000;

/**
 * `expiresAt` is the proxy's clock, the others are this device's, which may be wrong and may be put right: renewing too
 * early costs one call, too late costs the badge.
 */
export function isHalfOver({ renewedAt, expiresAt }: ActiveBadge, now: number): boolean {
  return Math.abs(now - renewedAt) >= Math.min(halfMs, (expiresAt - renewedAt) / 2);
}

export async function prolong(
  { client, store, now }: Registering & { client: Pick<DeviceClient, 'renew'> },
  active: ActiveBadge,
): Promise<ActiveBadge> {
  const { expiresAt } = await client.renew(active.subscriptionId);
  const prolonged = { ...active, renewedAt: now(), expiresAt };
  await store.update(state => (sameSubscription(state.active, active) ? { active: prolonged } : {}));
  return prolonged;
}

/** The push address was lost, replaced, or is not known to the provider any more: all the way again. */
export async function registerAgain(
  parts: Registering,
  push: PushPlace,
  { appId, address: old, wishes, choice }: WantedBadge,
): Promise<ActiveBadge | undefined> {
  const ticket = await parts.client.requestTicket(appId);
  if (ticket.vapidPublicKey === undefined)
    throw new DeviceError('provider-not-configured', 'the app has no Web Push at the relay any more');
  await giveUp(push, old);
  const address = await pushAddress(push, ticket.vapidPublicKey);
  return register(parts, ticket, { appId, address, wishes, choice });
}

/** A browser does not hear that its push service has dropped an address: it would give the same one for ever. */
async function giveUp(push: PushPlace, old: PushAddress): Promise<void> {
  const address = await currentAddress(push);
  if (address !== null && sameAddress(address, old)) await (await push.getSubscription())?.unsubscribe();
}

export function sameSubscription(stored: ActiveBadge | null, active: ActiveBadge): boolean {
  return stored?.subscriptionId === active.subscriptionId;
}

export function isSessionOver(code: string): boolean {
  return code === 'session-missing' || code === 'session-invalid' || code === 'session-stolen';
}

export function isSubscriptionOver(code: string): boolean {
  return code === 'subscription-not-found' || code === 'icon-not-found';
}

/** The sealed target is of no use any more; another registration makes a new one. */
export function isTargetOver(code: string): boolean {
  return code === 'target-not-openable' || code === 'installation-mismatch';
}
