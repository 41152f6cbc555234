// The administrators' side of the relay, put together: what a running relay counts and measures for them, and the
// console where they see and change it.

import type { RequestHandler } from '../runtime/http/listener.ts';
import { ExpiryWatch } from './administration/expiry-watch.ts';
import { Passwords } from './administrators/password.ts';
import { SignIn } from './administrators/sign-in.ts';
import type { OpenedApps } from './app-providers.ts';
import type { ConsoleParts } from './console/console-env.ts';
import { createRelayConsole } from './console/relay-console.ts';
import type { RelayEvents } from './events.ts';
import { TrafficCounter } from './traffic/traffic-counter.ts';

export type Administering = AsyncDisposable & {
  /** Serves /console; undefined where the configuration switches it off. */
  console: RequestHandler | undefined;
};

export function openAdministering({
  apps,
  events,
  ...parts
}: Omit<ConsoleParts, 'passwords' | 'signIn' | 'vapidPublicKeys' | 'traffic'> & {
  apps: OpenedApps;
  events: RelayEvents;
}): Administering {
  const { config, random } = parts;
  const resources = new AsyncDisposableStack();
  const appIds = new Set(apps.providers.keys());
  const traffic = resources.use(new TrafficCounter({ ...parts, events, apps: appIds }));
  resources.use(new ExpiryWatch({ ...parts, events })).start();

  function openConsole(): RequestHandler {
    const passwords = new Passwords({ random });
    const vapidPublicKeys = new Map(
      apps.described.flatMap(({ id, vapidPublicKey }) =>
        vapidPublicKey === undefined ? [] : [[id, vapidPublicKey] as const],
      ),
    );
    const signIn = new SignIn({ ...parts, passwords });
    return createRelayConsole({ ...parts, passwords, signIn, vapidPublicKeys, traffic });
  }

  return {
    console: config.console.enabled ? openConsole() : undefined,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
