// From a push address to a subscription at the proxy, for pages and worker alike: ticket → relay → code → subscribe.
// The code is pushed, so it reaches the worker, which finishes what a page began, also when that page is gone. It may
// arrive before the relay's answer to the registration has: whichever of the two is stored second, finishes.

import type { Ticket } from '../../src/contract/devices.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import type { PresentationChoice } from '../../src/device/presentation.ts';
import type { ActiveBadge, PendingBadge, PushAddress, StateStore, Wishes } from './state.ts';

export type Registering = {
  client: Pick<DeviceClient, 'requestTicket' | 'register' | 'confirm' | 'subscribe'>;
  store: StateStore;
  now(): number;
};

export type WantedBadge = {
  appId: string;
  address: PushAddress;
  wishes: Wishes;
  choice: PresentationChoice;
};

/** Answers the badge if the code was here already; else it comes to the worker. A ticket is good for one try. */
export async function register(
  parts: Registering,
  ticket: Ticket,
  wanted: WantedBadge,
): Promise<ActiveBadge | undefined> {
  const { client, store } = parts;
  await store.update(() => ({ pending: null, earlyCode: null }));
  const { endpoint, keys } = wanted.address;
  const registration = await client.register(ticket, { target: { provider: 'webpush', endpoint }, keys });
  let code: string | null = null;
  await store.update(state => {
    code = state.earlyCode;
    return { pending: { ...wanted, registration, sealedTarget: null }, earlyCode: null };
  });
  return code === null ? undefined : confirm(parts, code);
}

/** The worker has a code. Undefined when no registration waits for it, yet. */
export async function codeArrived(parts: Registering, code: string): Promise<ActiveBadge | undefined> {
  const { pending } = await parts.store.update(state => (state.pending === null ? { earlyCode: code } : {}));
  return pending === null ? undefined : confirm(parts, code);
}

async function confirm(parts: Registering, code: string): Promise<ActiveBadge | undefined> {
  const { pending } = await parts.store.read();
  if (pending === null) return undefined;
  const { sealedTarget } = await parts.client.confirm(pending.registration, code);
  const { pending: confirmed } = await parts.store.update(state =>
    isSame(state.pending, pending) ? { pending: { ...pending, sealedTarget } } : {},
  );
  return isSame(confirmed, pending) ? subscribePending(parts) : undefined;
}

/** Subscribes with what was confirmed; to be tried again after the proxy could not be reached. */
export async function subscribePending(parts: Registering): Promise<ActiveBadge | undefined> {
  const { pending } = await parts.store.read();
  if (pending === null || pending.sealedTarget === null) return undefined;
  return subscribe(parts, { ...pending, sealedTarget: pending.sealedTarget });
}

/** Also anew with a sealed target that is known: after the subscription expired, or when it is to be shown otherwise. */
export async function subscribe(
  { client, store, now }: Registering,
  { appId, address, wishes, choice, sealedTarget }: WantedBadge & { sealedTarget: string },
): Promise<ActiveBadge> {
  const { language } = await store.read();
  const { presentation, form } = choice;
  const subscription = await client.subscribe({
    appId,
    sealedTarget,
    keys: address.keys,
    presentation,
    form,
    language,
    ...wishes,
  });
  const active: ActiveBadge = {
    appId,
    address,
    wishes: { policy: subscription.policy, previews: subscription.previews },
    choice,
    language,
    sealedTarget,
    subscriptionId: subscription.id,
    iconId: subscription.iconId,
    mailbox: subscription.mailbox,
    renewedAt: now(),
    expiresAt: subscription.expiresAt,
  };
  await store.update(({ last }) => ({
    active,
    pending: null,
    sessionEnded: false,
    last: last?.iconId === active.iconId ? last : null,
  }));
  return active;
}

function isSame(stored: PendingBadge | null, pending: PendingBadge): boolean {
  return stored?.registration.pending === pending.registration.pending;
}
