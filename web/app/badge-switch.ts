// Turning the badge on and off, and keeping it alive whenever the app is opened: what the pages call. Whatever can
// fail is answered as a value with a code, for which the pages have words.

import type { Opened, WebApp } from '../../src/contract/devices.ts';
import type { Language } from '../../src/contract/languages.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError, type DeviceErrorCode } from '../../src/device/device-error.ts';
import { choosePresentation, type PresentationChoice } from '../../src/device/presentation.ts';
import type { Browser, Obstacle } from './browser.ts';
import { currentAddress, pushAddress, sameAddress } from './push-address.ts';
import { type Registering, register, subscribe, subscribePending } from './registering.ts';
import type { ActiveBadge, StateStore, Wishes } from './state.ts';
import { listenToWorker } from './worker-messages.ts';

export type TurnOnStep = 'permission' | 'push-service' | 'ticket' | 'registration' | 'code' | 'subscription';

export type BadgeFailureCode =
  | DeviceErrorCode
  | Obstacle
  /** The question for permission was closed without an answer. */
  | 'permission-dismissed'
  /** The browser could not reach its maker's push service. */
  | 'push-service-unreachable'
  /** The proxy has no app with Web Push: an administrator's matter. */
  | 'app-missing'
  /** Nothing was pushed in time. It may still come: the worker then finishes by itself. */
  | 'code-not-arrived'
  /** The browser keeps no data for this site: private browsing, or a full disk. */
  | 'storage-unavailable';

export type BadgeFailure = { code: BadgeFailureCode; retryAfterMs?: number; traceId?: string };

export type TurnOnResult = { kind: 'on'; active: ActiveBadge } | { kind: 'failed'; failure: BadgeFailure };

export type RenewResult =
  | { kind: 'off' }
  /** `opened` is what the icon shows now; null while the badge is being registered anew. */
  | { kind: 'on'; active: ActiveBadge; opened: Opened | null }
  /** Somebody ended it on purpose: on another device, or an administrator. */
  | { kind: 'ended'; reason: string | null }
  | { kind: 'failed'; failure: BadgeFailure };

export type BadgeSwitch = {
  obstacle(): Obstacle | undefined;
  /** To be called first thing while a click is handled: browsers ask the person only then. */
  turnOn(wish: {
    app: WebApp;
    wishes: Wishes;
    language: Language;
    onStep?(step: TurnOnStep): void;
  }): Promise<TurnOnResult>;
  turnOff(): Promise<{ kind: 'off' } | { kind: 'failed'; failure: BadgeFailure }>;
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

  /** Calls `begin`, then waits for what it answers or for the worker. */
  async function finished(
    begin: () => Promise<ActiveBadge | undefined>,
    onStep: (step: TurnOnStep) => void = () => {},
  ): Promise<ActiveBadge> {
    const { promise, resolve, reject } = Promise.withResolvers<ActiveBadge>();
    const stop = listenToWorker(browser.workers, message => {
      if (message.kind === 'code-arrived') onStep('subscription');
      if (message.kind === 'subscribed') resolve(message.active);
      if (message.kind === 'registration-failed')
        reject(new DeviceError(message.code, 'in the worker', { retryAfterMs: message.retryAfterMs }));
    });
    promise.catch(() => {}); // it may be rejected before anybody waits
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const active = await begin();
      if (active !== undefined) return active;
      onStep('code');
      timer = setTimeout(() => reject(new Failed({ code: 'code-not-arrived' })), codeTimeoutMs);
      return await promise;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** The push address was lost, replaced, or is not known to the provider any more: all the way again. */
  async function registerAgain({ appId, wishes }: ActiveBadge): Promise<ActiveBadge> {
    const chosen = await choice();
    return finished(async () => {
      const ticket = await client.requestTicket(appId);
      if (ticket.vapidPublicKey === undefined) throw new Failed({ code: 'app-missing' });
      const address = await addressFor(ticket.vapidPublicKey);
      return register(parts, ticket, { appId, address, wishes, choice: chosen });
    });
  }

  async function addressFor(vapidPublicKey: string) {
    const push = await browser.push();
    try {
      return await pushAddress(push, vapidPublicKey);
    } catch {
      // Browsers give the same cause different names; what was decided about the permission tells them apart.
      const permission = browser.permission();
      if (permission === 'denied') throw new Failed({ code: 'permission-denied' });
      if (permission === 'default') throw new Failed({ code: 'permission-dismissed' });
      throw new Failed({ code: 'push-service-unreachable' });
    }
  }

  /** With the same target: it expired, or it is to be shown in another way. */
  async function subscribeAgain(active: ActiveBadge, chosen: PresentationChoice): Promise<ActiveBadge> {
    try {
      return await subscribe(parts, { ...active, choice: chosen });
    } catch (error) {
      if (error instanceof DeviceError && targetIsOver.includes(error.code)) return registerAgain(active);
      throw error;
    }
  }

  async function renew(active: ActiveBadge): Promise<RenewResult> {
    if (browser.permission() !== 'granted') throw new Failed({ code: 'permission-denied' });
    const address = await currentAddress(await browser.push());
    if (address === null || !sameAddress(address, active.address))
      return { kind: 'on', active: await registerAgain(active), opened: null };
    const chosen = await choice();
    const { language } = await store.read();
    let current = active;
    if (JSON.stringify(chosen) !== JSON.stringify(active.choice) || language !== active.language)
      current = await subscribeAgain(active, chosen);
    else if (isHalfOver(active, now())) current = await prolong(active);
    const { last } = await store.read();
    const opened = await client.opened(
      current.iconId,
      last?.iconId === current.iconId ? last.badge : undefined,
    );
    await browser.tellWorker({ kind: 'badge-known', iconId: current.iconId, ...opened });
    return { kind: 'on', active: current, opened };
  }

  async function prolong(active: ActiveBadge): Promise<ActiveBadge> {
    const { expiresAt } = await client.renew(active.subscriptionId);
    const prolonged = { ...active, renewedAt: now(), expiresAt };
    await store.update(state => (sameSubscription(state.active, active) ? { active: prolonged } : {}));
    return prolonged;
  }

  /** The proxy knows no such subscription: it expired, which is mended, or somebody ended it, which is respected. */
  async function mendEnded(active: ActiveBadge): Promise<RenewResult> {
    const devices = await client.devices();
    const listed = devices
      .flatMap(({ subscriptions }) => subscriptions)
      .find(({ id }) => id === active.subscriptionId);
    const reason = listed?.endedReason ?? null;
    if (reason === 'unsubscribed') {
      await forget();
      return { kind: 'ended', reason };
    }
    const current = await subscribeAgain(active, await choice());
    return { kind: 'on', active: current, opened: null };
  }

  async function forget(): Promise<void> {
    await store.update(() => ({ active: null, pending: null, earlyCode: null, last: null }));
    try {
      await browser.clearShown();
      await (await (await browser.push()).getSubscription())?.unsubscribe();
    } catch {
      // The proxy has ended it; what the browser keeps of it is never used again.
    }
  }

  return {
    obstacle: () => browser.obstacle(),
    forget,

    turnOn: ({ app: { appId, vapidPublicKey }, wishes, language, onStep = () => {} }) =>
      answered(async () => {
        const obstacle = browser.obstacle();
        if (obstacle !== undefined) throw new Failed({ code: obstacle });
        if (appId === null || vapidPublicKey === null) throw new Failed({ code: 'app-missing' });
        onStep('permission');
        if (browser.permission() === 'default') {
          const permission = await browser.requestPermission();
          // Safari may answer so without having asked; it asks when the subscription is made.
          if (permission === 'default' && !browser.facts.declarativePush)
            throw new Failed({ code: 'permission-dismissed' });
          if (permission === 'denied') throw new Failed({ code: 'permission-denied' });
        }
        onStep('push-service');
        const address = await addressFor(vapidPublicKey);
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
        const active = stored.pending?.sealedTarget
          ? ((await subscribePending(parts)) ?? stored.active)
          : stored.active;
        if (active === null) return { kind: 'off' };
        try {
          return await renew(active);
        } catch (error) {
          if (error instanceof DeviceError && subscriptionIsOver.includes(error.code))
            return mendEnded(active);
          throw error;
        }
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

  /** The one place where failures become values. */
  async function answered<T>(act: () => Promise<T>): Promise<T | { kind: 'failed'; failure: BadgeFailure }> {
    try {
      return await act();
    } catch (error) {
      const failure = failureOf(error);
      if (sessionIsOver.includes(failure.code))
        await store.update(() => ({ sessionEnded: true })).catch(() => undefined);
      return { kind: 'failed', failure };
    }
  }
}

class Failed extends Error {
  readonly failure: BadgeFailure;
  constructor(failure: BadgeFailure) {
    super(failure.code);
    this.failure = failure;
  }
}

function failureOf(error: unknown): BadgeFailure {
  if (error instanceof Failed) return error.failure;
  if (error instanceof DeviceError) {
    const { code, retryAfterMs, traceId } = error;
    return {
      code,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
  // Nothing else fails here but the browser's own storage, with a DOMException.
  if (error instanceof DOMException) return { code: 'storage-unavailable' };
  throw error;
}

const sessionIsOver: readonly string[] = ['session-missing', 'session-invalid'];
const subscriptionIsOver: readonly string[] = ['subscription-not-found', 'icon-not-found'];
/** The sealed target is of no use any more; another registration makes a new one. */
const targetIsOver: readonly string[] = ['target-not-openable', 'installation-mismatch', 'app-unknown'];

function unlessGone(error: unknown): void {
  const gone = [...subscriptionIsOver, ...sessionIsOver];
  if (!(error instanceof DeviceError && gone.includes(error.code))) throw error;
}

export function isHalfOver({ renewedAt, expiresAt }: ActiveBadge, now: number): boolean {
  return now >= renewedAt + (expiresAt - renewedAt) / 2;
}

export function sameSubscription(stored: ActiveBadge | null, active: ActiveBadge): boolean {
  return stored?.subscriptionId === active.subscriptionId;
}
