// What the worker does with a push. Nothing in it is trusted: what is not understood, foreign or older than what was
// shown changes nothing. Where the platform takes subscriptions away after silent pushes, every push shows something.

import type { BadgePayload } from '../../../src/contract/badge-payload.ts';
import { localeOf } from '../../../src/contract/messages/error-message.ts';
import { DeviceError } from '../../../src/device/device-error.ts';
import { pushPayload } from '../../../src/device/payloads.ts';
import type { PresentationChoice } from '../../../src/device/presentation.ts';
import { codeArrived, type Registering } from '../registering.ts';
import type { AppState, LastBadge } from '../state.ts';
import type { ToWorker } from '../worker-messages.ts';
import { tellPages } from './pages.ts';
import { correctShown, showBadge, showSetUp } from './show.ts';
import type { WorkerEvents, WorkerScope } from './worker-scope.ts';

export type WorkerParts = Registering & { scope: WorkerScope };

export async function onPush(
  parts: WorkerParts,
  { data, notification }: Pick<WorkerEvents['push'], 'data' | 'notification'>,
): Promise<void> {
  if (data === null && notification) return; // the browser shows it by itself
  const payload = data === null ? undefined : pushPayload(data.text());
  try {
    await onPayload(parts, payload);
  } catch {
    await showWithoutMemory(parts, payload);
  }
}

type Payload = ReturnType<typeof pushPayload>;

async function onPayload(parts: WorkerParts, payload: Payload): Promise<void> {
  switch (payload?.kind) {
    case 'badge':
      return inTurn(() => onBadge(parts, payload));
    case 'challenge':
      return onCode(parts, payload.code);
    case undefined:
      return showSomething(parts, await parts.store.read());
  }
}

/**
 * The disk is full or the browser's storage is broken: what came is shown all the same, visibly unless it is known that
 * it need not be. Nobody but the proxy can have encrypted it; its revision cannot be compared.
 */
async function showWithoutMemory({ scope, store }: WorkerParts, payload: Payload): Promise<void> {
  const state = await store.read().catch(() => undefined);
  const choice = (state && choiceOf(state)) ?? cautious;
  const language = state?.language ?? localeOf(scope.navigator.language);
  if (payload?.kind === 'badge') {
    const { subscription: iconId, badge, preview } = payload;
    return showBadge(scope, { iconId, badge, preview }, { choice, language });
  }
  if (choice.mustShow) await showSetUp(scope, language);
}

let turn: Promise<unknown> = Promise.resolve();

/** What is remembered and what is shown change together: else an older answer could take away what a push has shown. */
function inTurn(act: () => Promise<void>): Promise<void> {
  const acted = turn.then(act);
  turn = acted.catch(() => undefined);
  return acted;
}

async function onBadge(parts: WorkerParts, payload: BadgePayload): Promise<void> {
  const { scope, store, now } = parts;
  const { subscription: iconId, badge, rev, preview } = payload;
  const last: LastBadge = { iconId, badge, rev, at: now() };
  let taken = false;
  const state = await store.update(stored => {
    taken = isAwaited(stored, iconId) && !isOlder(last, stored.last);
    return taken ? { last } : {};
  });
  if (!taken) return showSomething(parts, state);
  await showBadge(
    scope,
    { iconId, badge, preview },
    { choice: choiceOf(state) ?? tolerated, language: state.language },
  );
  await tellPages(scope, { kind: 'badge', ...last });
}

/** The badge of this device, or one that comes while it is being registered and its icon is not known yet. */
function isAwaited({ active, pending }: AppState, iconId: string): boolean {
  return active?.iconId === iconId || pending !== null;
}

/** Equal is the proxy's repetition, and shows again. */
function isOlder({ iconId, rev }: Pick<LastBadge, 'iconId' | 'rev'>, last: LastBadge | null): boolean {
  return last !== null && last.iconId === iconId && rev < last.rev;
}

async function onCode(parts: WorkerParts, code: string): Promise<void> {
  const { scope, store } = parts;
  const state = await store.read();
  if (state.pending === null) return showSomething(parts, state); // nobody asked for one
  if (state.pending.choice.mustShow) await showSetUp(scope, state.language);
  await tellPages(scope, { kind: 'code-arrived' });
  try {
    const active = await codeArrived(parts, code);
    if (active !== undefined) await tellPages(scope, { kind: 'subscribed', active });
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    // A code of an earlier registration, pushed late: the right one is still to come.
    if (error.code === 'challenge-invalid') return;
    const { code, retryAfterMs } = error;
    await tellPages(scope, { kind: 'registration-failed', code, retryAfterMs });
  }
}

/** The last count again, where this push must not stay silent. */
async function showSomething({ scope }: WorkerParts, state: AppState): Promise<void> {
  const choice = choiceOf(state);
  const { active, last, language } = state;
  if (choice === undefined || !choice.mustShow) return;
  if (active === null || last === null) return showSetUp(scope, language);
  await showBadge(scope, { ...last, preview: undefined }, { choice, language });
}

/** A page asked the proxy, which knows best: `reset` when the proxy's revisions were seen to have begun anew. */
export async function onMessage(parts: WorkerParts, data: unknown): Promise<void> {
  const message = data as ToWorker; // from a page of this origin
  if (message?.kind === 'badge-known') await inTurn(() => onBadgeKnown(parts, message));
}

async function onBadgeKnown(parts: WorkerParts, message: ToWorker): Promise<void> {
  const { iconId, badge, rev, reset } = message;
  let taken = false;
  const { active, language } = await parts.store.update(stored => {
    taken = stored.active?.iconId === iconId && (reset === true || !isOlder(message, stored.last));
    return taken ? { last: { iconId, badge, rev, at: parts.now() } } : {};
  });
  if (taken && active !== null)
    await correctShown(parts.scope, { iconId, badge }, { choice: active.choice, language });
}

function choiceOf({ active, pending }: AppState): PresentationChoice | undefined {
  return pending?.choice ?? active?.choice;
}

const tolerated: PresentationChoice = { presentation: 'badge', form: 'worker', mustShow: false };
const cautious: PresentationChoice = { presentation: 'notification', form: 'worker', mustShow: true };
