// Turning the badge on and off, and keeping it alive whenever the app is opened: what the pages call. Whatever can
// fail is answered as a value.

import type { Opened, WebApp } from '../../src/contract/devices.ts';
import type { Language } from '../../src/contract/languages.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError } from '../../src/device/device-error.ts';
import { choosePresentation, type PresentationChoice } from '../../src/device/presentation.ts';
import { keepBadge } from './badge-keeping.ts';
import type { Browser, Obstacle } from './browser.ts';
import { type PushPlace, pushAddress } from './push-address.ts';
import { finishPending, type Registering, register } from './registering.ts';
import { isSessionOver, isSubscriptionOver, sameSubscription } from './renewal.ts';
import type { ActiveBadge, StateStore, Wishes } from './state.ts';
import { asTrouble, Failed, sessionIsOver, type Trouble } from './trouble.ts';
import { listenToWorker } from './worker-messages.ts';

export type TurnOnStep = 'permission' | 'push-service' | 'ticket' | 'registration' | 'code' | 'subscription';

type FailedResult = { kind: 'failed'; failure: Trouble };

export type TurnOnResult = { kind: 'on'; active: ActiveBadge } | FailedResult;

export type RenewResult =
  | { kind: 'off' }
  /** `opened` is what the icon shows now; null when the badge had to be registered or subscribed anew. */
  | { kind: 'on'; active: ActiveBadge; opened: Opened | null }
  /** Somebody ended it on purpose, on another device. */
  | { kind: 'ended' }
  | FailedResult;

export type BadgeSwitch = {
  obstacle(): Obstacle | undefined;
  /** To be called first thing while a click is handled: browsers ask the person only then. */
  turnOn(wish: {
    app: WebApp;
    wishes: Wishes;
    language: Language;
    onStep?(step: TurnOnStep): void;
  }): Promise<TurnOnResult>;
  turnOff(): Promise<{ kind: 'off' } | FailedResult>;
  /** What turnOff does on this device alone: after signing out, which ends the subscription at the proxy. */
  forget(): Promise<void>;
  /** When the app is opened, and when its language changed. */
  renewIfNeeded(): Promise<RenewResult>;
  change(wishes: Wishes): Promise<TurnOnResult>;
};

export type BadgeSwitchOptions = {
  client: DeviceClient;
  store: StateStore;
  browser: Browser;
  now?(): number;
  /** How long the code is waited for. */
  codeTimeoutMs?: number;
};

export function createBadgeSwitch({
  client,
  store,
  browser,
  now = Date.now,
  codeTimeoutMs = 30_000,
}: BadgeSwitchOptions): BadgeSwitch {
  const parts: Registering = { client, store, now };

  async function choice(): Promise<PresentationChoice> {
    const standalone = browser.standalone();
    const { installed } = await store.update(state => ({ installed: state.installed || standalone }));
    return choosePresentation({ ...browser.facts, installed });
  }

  /** What the worker could not reach a page may: a worker keeps the content security policy that it was installed with. */
  async function finishHere(failure: DeviceError): Promise<ActiveBadge> {
    const active = failure.code === 'offline' && (await finishPending(parts, await store.read()));
    if (active) return active;
    throw failure;
  }

  /** Calls `begin`, then waits for what it answers or for the worker. */
  async function finished(
    begin: () => Promise<ActiveBadge | undefined>,
    onStep: (step: TurnOnStep) => void = () => {},
  ): Promise<ActiveBadge> {
    let stop = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    let giveUp = (_failure: Failed) => {};
    const byWorker = new Promise<ActiveBadge>((resolve, reject) => {
      giveUp = reject;
      stop = listenToWorker(browser.workers, message => {
        if (message.kind === 'code-arrived') onStep('subscription');
        if (message.kind === 'subscribed') resolve(message.active);
        if (message.kind === 'registration-failed') {
          const { code, retryAfterMs } = message;
          const failure = new DeviceError(code, 'the worker could not finish', { retryAfterMs });
          finishHere(failure).then(resolve, reject);
        }
      });
    });
    byWorker.catch(() => {}); // it may fail before anybody waits
    try {
      const active = await begin();
      if (active !== undefined) return active;
      onStep('code');
      timer = setTimeout(() => giveUp(new Failed('code-not-arrived')), codeTimeoutMs);
      return await byWorker;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** Each as far as it goes: what one part of the browser refuses keeps no other from being cleared. */
  async function forget(): Promise<void> {
    await Promise.allSettled([
      store.update(() => nothingOn),
      browser.clearShown(),
      browser.push().then(async push => (await push.getSubscription())?.unsubscribe()),
    ]);
  }

  /** The one place where failures become values. */
  async function answered<T>(act: () => Promise<T>): Promise<T | FailedResult> {
    try {
      return await act();
    } catch (error) {
      const failure = asTrouble(error);
      if (sessionIsOver(failure)) await store.update(() => ({ sessionEnded: true })).catch(() => undefined);
      return { kind: 'failed', failure };
    }
  }

  return {
    obstacle: () => browser.obstacle(),
    forget,

    turnOn: ({ app: { appId, vapidPublicKey }, wishes, language, onStep = () => {} }) =>
      answered(async () => {
        const obstacle = browser.obstacle();
        if (obstacle !== undefined) throw new Failed(obstacle);
        if (appId === null || vapidPublicKey === null) throw new Failed('app-missing');
        onStep('permission');
        await ask(browser);
        onStep('push-service');
        const push = guarded(await browser.push(), browser);
        const address = await pushAddress(push, vapidPublicKey);
        await store.update(() => ({ language }));
        const chosen = await choice();
        const active = await finished(async () => {
          onStep('ticket');
          const ticket = await client.requestTicket(appId);
          onStep('registration');
          return register(parts, ticket, { appId, address, wishes, choice: chosen });
        }, onStep);
        return { kind: 'on', active };
      }),

    turnOff: () =>
      answered(async () => {
        const { active } = await store.read();
        if (active !== null) await client.unsubscribe(active.subscriptionId).catch(unlessGone);
        await forget();
        return { kind: 'off' };
      }),

    renewIfNeeded: () =>
      answered(async () => {
        const stored = await store.read();
        const active = (await finishPending(parts, stored)) ?? stored.active;
        if (active === null) return { kind: 'off' };
        if (browser.permission() !== 'granted') throw new Failed('permission-denied');
        const push = guarded(await browser.push(), browser);
        const kept = await keepBadge({ ...parts, client }, active, {
          choice: await choice(),
          push,
          finished,
        });
        if (kept.kind === 'ended') await forget();
        if (kept.kind === 'on') await browser.wakeRegularly();
        if (kept.kind === 'on' && kept.opened !== null) {
          const { active, opened, reset } = kept;
          await browser.tellWorker({ kind: 'badge-known', iconId: active.iconId, ...opened, reset });
        }
        return kept;
      }),

    change: wishes =>
      answered(async () => {
        const { active } = await store.read();
        if (active === null) throw new DeviceError('subscription-not-found', 'the badge is off');
        const { policy, previews } = await client.setPreferences(active.subscriptionId, wishes);
        const changed = { ...active, wishes: { policy, previews } };
        await store.update(state => (sameSubscription(state.active, active) ? { active: changed } : {}));
        return { kind: 'on', active: changed };
      }),
  };
}

const nothingOn = { active: null, pending: null, unusedCode: null, last: null };

async function ask(browser: Browser): Promise<void> {
  if (browser.permission() !== 'default') return;
  const permission = await browser.requestPermission();
  if (permission === 'denied') throw new Failed('permission-denied');
  // Safari may answer so without having asked: it asks when the push subscription is made.
  if (permission === 'default' && !browser.facts.declarativePush) throw new Failed('permission-dismissed');
}

/** Browsers give one cause different names; what was decided about the permission tells them apart. */
function guarded(push: PushPlace, browser: Browser): PushPlace {
  return {
    getSubscription: () => push.getSubscription(),
    async subscribe(options) {
      try {
        return await push.subscribe(options);
      } catch {
        const permission = browser.permission();
        if (permission === 'denied') throw new Failed('permission-denied');
        throw new Failed(permission === 'default' ? 'permission-dismissed' : 'push-service-unreachable');
      }
    },
  };
}

function unlessGone(error: unknown): void {
  const gone = error instanceof DeviceError && (isSubscriptionOver(error.code) || isSessionOver(error.code));
  if (!gone) throw error;
}
