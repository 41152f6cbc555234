// The badge is on and the app was opened: whatever of it was lost is mended, at the least cost. From the inside out:
// push address at the browser, target at the relay, subscription at the proxy.

import type { Opened } from '../../src/contract/devices.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError } from '../../src/device/device-error.ts';
import type { PresentationChoice } from '../../src/device/presentation.ts';
import { currentAddress, type PushPlace, sameAddress } from './push-address.ts';
import { type Registering, subscribe } from './registering.ts';
import { isHalfOver, isSubscriptionOver, isTargetOver, prolong, registerAgain } from './renewal.ts';
import type { ActiveBadge } from './state.ts';

export type KeptBadge =
  | { kind: 'on'; active: ActiveBadge; opened: Opened; reset: boolean }
  | { kind: 'on'; active: ActiveBadge; opened: null }
  | { kind: 'ended' };

type Keeping = Registering & {
  client: Pick<DeviceClient, 'renew' | 'opened' | 'iconStatus' | 'devices'>;
};

type Means = {
  choice: PresentationChoice;
  push: PushPlace;
  /** Waits for a registration that was begun. */
  finished(begin: () => Promise<ActiveBadge | undefined>): Promise<ActiveBadge>;
};

export async function keepBadge(parts: Keeping, active: ActiveBadge, means: Means): Promise<KeptBadge> {
  try {
    const address = await currentAddress(means.push);
    if (address === null || !sameAddress(address, active.address)) return await anew(parts, active, means);
    const { state } = await parts.client.iconStatus(active.iconId);
    // The provider does not know the target, although the browser still has it.
    if (state === 'paused') return await anew(parts, active, means);
    return await opened(parts, await renewed(parts, active, means));
  } catch (error) {
    if (!(error instanceof DeviceError && isSubscriptionOver(error.code))) throw error;
    const reason = await reasonOfEnd(parts, active);
    if (reason === 'unsubscribed') return { kind: 'ended' }; // the person did, on another device
    if (reason === 'target-gone') return anew(parts, active, means);
    return { kind: 'on', active: await subscribeAgain(parts, active, means), opened: null };
  }
}

async function renewed(parts: Keeping, active: ActiveBadge, means: Means): Promise<ActiveBadge> {
  const { language } = await parts.store.read();
  const { choice } = means;
  const shownOtherwise =
    choice.presentation !== active.choice.presentation ||
    choice.form !== active.choice.form ||
    choice.mustShow !== active.choice.mustShow;
  // The proxy writes the words of a declarative message; those of the others are the worker's.
  const otherWords = choice.form === 'declarative' && language !== active.language;
  if (shownOtherwise || otherWords) return subscribeAgain(parts, active, means);
  return isHalfOver(active, parts.now()) ? prolong(parts, active) : active;
}

async function opened({ client, store }: Keeping, active: ActiveBadge): Promise<KeptBadge> {
  const { last } = await store.read();
  const before = last?.iconId === active.iconId ? last : undefined;
  const answer = await client.opened(active.iconId, before?.badge);
  // Asked after that revision had come, and yet an older one: the proxy was restored from a backup.
  return { kind: 'on', active, opened: answer, reset: before !== undefined && answer.rev < before.rev };
}

/** With the same target, as long as that can be opened. */
async function subscribeAgain(parts: Keeping, active: ActiveBadge, means: Means): Promise<ActiveBadge> {
  try {
    return await subscribe(parts, { ...active, choice: means.choice });
  } catch (error) {
    if (!(error instanceof DeviceError && isTargetOver(error.code))) throw error;
    return registered(parts, active, means);
  }
}

async function anew(parts: Keeping, active: ActiveBadge, means: Means): Promise<KeptBadge> {
  return { kind: 'on', active: await registered(parts, active, means), opened: null };
}

function registered(
  parts: Keeping,
  active: ActiveBadge,
  { choice, push, finished }: Means,
): Promise<ActiveBadge> {
  return finished(() => registerAgain(parts, push, { ...active, choice }));
}

async function reasonOfEnd({ client }: Keeping, active: ActiveBadge): Promise<string | undefined> {
  const listed = (await client.devices())
    .flatMap(({ subscriptions }) => subscriptions)
    .find(({ id }) => id === active.subscriptionId);
  return listed?.endedReason ?? undefined;
}
