// What the worker sees to whenever it is awake, whoever woke it, with no page open: a subscription that nears its end
// is renewed, a push address that was replaced is registered, and a registration that got stuck is finished. What
// cannot be done now is tried again an hour later at the earliest; the pages do the same when they are opened.

import type { DeviceClient } from '../../../src/device/device-client.ts';
import { DeviceError } from '../../../src/device/device-error.ts';
import { currentAddress, sameAddress } from '../push-address.ts';
import { canFinish, finishPending, isValid } from '../registering.ts';
import { isHalfOver, isSessionOver, prolong, registerAgain } from '../renewal.ts';
import type { ActiveBadge, AppState } from '../state.ts';
import { tellPages } from './pages.ts';
import type { WorkerParts } from './pushes.ts';

const triesApartMs = 3_600_000;

export type WakingParts = WorkerParts & { client: Pick<DeviceClient, 'renew'> };

export async function onWakeUp(parts: WakingParts, { atOnce = false } = {}): Promise<void> {
  const { store, now } = parts;
  try {
    const state = await store.read();
    const work = state.sessionEnded ? undefined : await whatIsDue(parts, state);
    if (work === undefined) return;
    // either way: the device's clock may have been put back
    if (!atOnce && Math.abs(now() - state.renewalTriedAt) < triesApartMs) return;
    await store.update(() => ({ renewalTriedAt: now() }));
    const active = await work();
    if (active !== undefined) await tellPages(parts.scope, { kind: 'subscribed', active });
  } catch (error) {
    if (!(error instanceof DeviceError) || !isSessionOver(error.code)) return; // tried again later
    await store.update(() => ({ sessionEnded: true }));
    await tellPages(parts.scope, { kind: 'session-ended' });
  }
}

type Work = () => Promise<ActiveBadge | undefined>;

async function whatIsDue(parts: WakingParts, state: AppState): Promise<Work | undefined> {
  const { active, pending } = state;
  if (canFinish(state, parts.now())) return () => finishPending(parts, state);
  if (active === null) return undefined;
  const push = parts.scope.registration.pushManager;
  const address = await currentAddress(push).catch(() => null);
  if (address === null || !sameAddress(address, active.address)) {
    const underWay = pending !== null && isValid(pending, parts.now());
    return underWay ? undefined : () => registerAgain(parts, push, active);
  }
  return isHalfOver(active, parts.now()) ? () => prolong(parts, active) : undefined;
}
