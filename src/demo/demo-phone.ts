// The demo's phone: two apps on it, a native one that APNs reaches and a web app that a Web Push service reaches. Each
// signs in and turns its badge on through the same HTTP calls as a real app. Both receivers look alike from here.

import { relayMetadataPath, relayMetadataSchema } from '../contract/relay-metadata.ts';
import { AppError } from '../runtime/errors.ts';
import { type PushReceiver, SimulatedApp } from '../simulators/simulated-app.ts';
import { demoApp, type System } from './system.ts';

/** One app on the phone. */
export type PhoneIcon = {
  /** The icon's id at the proxy. */
  id: string;
  name: string;
  color: string;
  /** What the icon shows now. */
  badge(): number;
};

export type PhoneEvent = { iconId: string; step: 'accepted' | 'shown'; at: number; badge: number };

export type Phone = {
  icons: readonly PhoneIcon[];
  onEvent(listener: (event: PhoneEvent) => void): Disposable;
};

const registrationDeadlineMs = 60_000;

/** Installs both apps and subscribes them to the mailbox. */
export async function setUpPhone(
  system: System,
  mailbox: { user: string; password: string },
): Promise<Phone> {
  const native = system.apns.registerDevice({ topic: demoApp });
  const nativeIcon = await turnOn(system, mailbox, 'demo-native-app', {
    target: { provider: 'apns', environment: native.environment, token: native.token },
    waitForCode: options => native.waitForCode(options),
  });
  const web = system.webPush.subscribe({ applicationServerKey: await vapidKey(system) });
  const webIcon = await turnOn(system, mailbox, 'demo-web-app', {
    target: { provider: 'webpush', endpoint: web.endpoint },
    keys: web.keys,
    waitForCode: options => web.waitForCode(options),
  });

  const listeners = new Set<(event: PhoneEvent) => void>();
  const tell = (event: PhoneEvent): void => {
    for (const listener of listeners) listener(event);
  };
  system.apns.onEvent(event => {
    if (!('device' in event) || event.device !== native || event.type === 'woken') return;
    tell({ iconId: nativeIcon, step: event.type, at: event.at, badge: native.badge });
  });
  system.webPush.onEvent(event => {
    if (!('device' in event) || event.device !== web) return;
    if (event.type === 'shown' || event.type === 'accepted') {
      tell({ iconId: webIcon, step: event.type, at: event.at, badge: web.badge });
    }
  });
  return {
    icons: [
      { id: nativeIcon, name: 'Mail', color: '#2563c9', badge: () => native.badge },
      { id: webIcon, name: 'Webmail', color: '#b4540a', badge: () => web.badge },
    ],
    onEvent(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

async function turnOn(
  { proxyUrl }: System,
  { user, password }: { user: string; password: string },
  installationId: string,
  receiver: PushReceiver,
): Promise<string> {
  const app = new SimulatedApp({ proxyUrl, appId: demoApp, installationId, deviceName: 'Demo phone' });
  const mailbox = await app.signIn(user, password);
  const { iconId } = await app.turnOn(mailbox, receiver, {
    signal: AbortSignal.timeout(registrationDeadlineMs),
  });
  return iconId;
}

async function vapidKey({ relayUrl }: System): Promise<string> {
  const answer = await fetch(new URL(relayMetadataPath, relayUrl));
  const { apps } = relayMetadataSchema.parse(await answer.json());
  const key = apps.find(({ id }) => id === demoApp)?.vapidPublicKey;
  if (key === undefined)
    throw new AppError('provider-not-configured', `the relay tells no VAPID key for ${demoApp}`);
  return key;
}
