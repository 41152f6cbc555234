// From a push address to a subscription at the proxy, for pages and worker alike: ticket → relay → code → subscribe.
// The code is pushed, so it reaches the worker, which finishes what a page began, also when that page is gone. It may
// arrive before the relay's answer to the registration has: whichever of the two is stored second, finishes.

import type { Ticket } from '../../src/contract/devices.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError } from '../../src/device/device-error.ts';
import type { ActiveBadge, AppState, PendingBadge, StateStore, WantedBadge } from './state.ts';

export type Registering = {
  client: Pick<DeviceClient, 'requestTicket' | 'register' | 'confirm' | 'subscribe'>;
  store: StateStore;
  now(): number;
};

/** Answers the badge if the code was here already; else it comes to the worker. A ticket is good for one try. */
export async function register(
  parts: Registering,
  ticket: Ticket,
  wanted: WantedBadge,
): Promise<ActiveBadge | undefined> {
  const { client, store } = parts;
  const pending: PendingBadge = { ...wanted, registration: null, sealedTarget: null };
  await store.update(() => ({ pending, unusedCode: null }));
  const { endpoint, keys } = wanted.address;
  const registration = await client.register(ticket, { target: { provider: 'webpush', endpoint }, keys });
  let early: string | null = null;
  await store.update(({ unusedCode }) => {
    early = unusedCode;
    return { pending: { ...pending, registration }, unusedCode: null };
  });
  return early === null ? undefined : confirm(parts, early);
}

/** The worker got a code. Undefined while no registration waits for it. */
export async function codeArrived(parts: Registering, code: string): Promise<ActiveBadge | undefined> {
  const { pending } = await parts.store.update(state =>
    isWaiting(state.pending) ? {} : { unusedCode: code },
  );
  return isWaiting(pending) ? confirm(parts, code) : undefined;
}

async function confirm(parts: Registering, code: string): Promise<ActiveBadge | undefined> {
  const { pending } = await parts.store.read();
  if (!isWaiting(pending)) return undefined;
  const { sealedTarget } = await parts.client.confirm(pending.registration, code).catch(async error => {
    if (isWorthRepeating(error)) await parts.store.update(() => ({ unusedCode: code }));
    throw error;
  });
  const confirmed = { ...pending, sealedTarget };
  // Another registration may have begun meanwhile: then this one is of no use.
  const stored = await parts.store.update(state =>
    state.pending?.registration?.pending === pending.registration.pending ? { pending: confirmed } : {},
  );
  return stored.pending?.sealedTarget === sealedTarget ? subscribe(parts, confirmed) : undefined;
}

/** Whether a registration got stuck half-way, because relay or proxy could not be reached, and may go on. */
export function canFinish({ pending, unusedCode }: AppState, now: number): boolean {
  if (pending === null) return false;
  return (
    pending.sealedTarget !== null || (isWaiting(pending) && unusedCode !== null && isValid(pending, now))
  );
}

export async function finishPending(parts: Registering, state: AppState): Promise<ActiveBadge | undefined> {
  const { pending, unusedCode } = state;
  if (pending === null || !canFinish(state, parts.now())) return undefined;
  if (pending.sealedTarget !== null)
    return subscribe(parts, { ...pending, sealedTarget: pending.sealedTarget });
  return unusedCode === null ? undefined : confirm(parts, unusedCode);
}

/** Its code can still be returned, or can still come. */
export function isValid({ registration }: PendingBadge, now: number): boolean {
  return registration !== null && registration.expiresAt > now;
}

function isWorthRepeating(error: unknown): boolean {
  return error instanceof DeviceError && (error.code === 'offline' || error.status >= 500);
}

/** Also anew with a sealed target that is known: after it expired, or when the badge is to be shown otherwise. */
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
    unusedCode: null,
    sessionEnded: false,
    last: last?.iconId === active.iconId ? last : null,
  }));
  return active;
}

type WaitingBadge = PendingBadge & { registration: NonNullable<PendingBadge['registration']> };

function isWaiting(pending: PendingBadge | null): pending is WaitingBadge {
  return pending !== null && pending.registration !== null && pending.sealedTarget === null;
}
