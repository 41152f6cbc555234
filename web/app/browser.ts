// What this browser is and can do, asked of the browser itself and not of its name, where that tells.

import type { BrowserFacts } from '../../src/device/presentation.ts';
import type { PushPlace } from './push-address.ts';
import type { ToWorker } from './worker-messages.ts';

/** What stands in the way of the badge before anything was tried. */
export type Obstacle =
  /** An iPhone or iPad has push for apps on the Home Screen only. */
  'not-installed' | 'push-unsupported' | 'permission-denied';

export type Browser = {
  obstacle(): Obstacle | undefined;
  /** Without `installed`, which is remembered. */
  facts: Omit<BrowserFacts, 'installed'>;
  /** It runs on its own at this moment, not in a tab. */
  standalone(): boolean;
  permission(): NotificationPermission;
  /** Must be called while a click is handled. */
  requestPermission(): Promise<NotificationPermission>;
  push(): Promise<PushPlace>;
  workers: Pick<ServiceWorkerContainer, 'addEventListener' | 'removeEventListener'>;
  tellWorker(message: ToWorker): Promise<void>;
  /** Asks the browser to wake the worker now and then, which renews; few browsers do, and only installed apps. */
  wakeRegularly(): Promise<void>;
  /** Off the icon, and out of the notification center. */
  clearShown(): Promise<void>;
};

type ExtendedRegistration = ServiceWorkerRegistration & {
  periodicSync?: { register(tag: string, options: { minInterval: number }): Promise<void> };
};

type ExtendedNavigator = Navigator & {
  userAgentData?: { platform?: string };
  /** iOS and iPadOS only. */
  standalone?: boolean;
};

/** Also starts the service worker, whose scope is the folder that it stands in. */
export function readBrowser(page: Window & typeof globalThis, { workerUrl }: { workerUrl: string }): Browser {
  const navigator = page.navigator as ExtendedNavigator;
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registering = workers?.register(workerUrl).then(untilActive);
  registering?.catch(() => undefined); // without it there is no badge, and turning it on says so
  const standalone = () =>
    navigator.standalone === true ||
    page.matchMedia('(display-mode: standalone), (display-mode: minimal-ui)').matches;
  const permission = () => ('Notification' in page ? page.Notification.permission : 'denied');
  const ready = async () => {
    if (registering === undefined) throw new DOMException('this browser has no service workers');
    return registering;
  };
  return {
    obstacle() {
      if (workers === undefined || !('PushManager' in page) || !('Notification' in page))
        return navigator.standalone === false ? 'not-installed' : 'push-unsupported';
      return permission() === 'denied' ? 'permission-denied' : undefined;
    },
    facts: {
      declarativePush: 'pushManager' in page,
      appBadge: 'setAppBadge' in navigator,
      chromium: navigator.userAgentData !== undefined,
      android: navigator.userAgentData?.platform === 'Android',
    },
    standalone,
    permission,
    requestPermission: () => page.Notification.requestPermission(),
    push: async () => (await ready()).pushManager,
    workers: workers ?? new EventTarget(),
    tellWorker: async message => (await ready()).active?.postMessage(message),
    async wakeRegularly() {
      const { periodicSync } = (await ready()) as ExtendedRegistration;
      await periodicSync?.register('renew', { minInterval: 86_400_000 }).catch(() => undefined);
    },
    async clearShown() {
      await navigator.clearAppBadge?.().catch(() => undefined);
      for (const notification of await (await ready()).getNotifications()) notification.close();
    },
  };
}

/** Unlike `ready`, fails when the browser refuses the worker, or has no room for what it keeps. */
async function untilActive(registration: ServiceWorkerRegistration): Promise<ServiceWorkerRegistration> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  await new Promise<void>((resolve, reject) => {
    const judge = () => {
      if (registration.active !== null) resolve();
      else if (worker === null || worker.state === 'redundant')
        reject(new DOMException('it was not installed'));
    };
    worker?.addEventListener('statechange', judge);
    judge();
  });
  return registration;
}
