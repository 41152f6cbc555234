// The app's service worker: it works with no page open. This file only wires events; what is done is in the files
// beside it. Every event that the platform judges by (push above all) is held open until its work is done.

import { createDeviceClient } from '../../../src/device/device-client.ts';
import { openStateStore } from '../state.ts';
import { bringToFront } from './pages.ts';
import { onMessage, onPush } from './pushes.ts';
import { createShell } from './shell.ts';
import { onWakeUp, type WakingParts } from './wake-up.ts';
import type { WorkerGlobal } from './worker-scope.ts';

const scope = globalThis as unknown as WorkerGlobal;
const { origin } = scope.location;

const shell = createShell({ caches, fetch: request => fetch(request), origin });
const parts: WakingParts = {
  scope,
  client: createDeviceClient({ proxyUrl: origin, session: 'cookie' }),
  store: openStateStore(),
  now: Date.now,
};

scope.addEventListener('install', event => {
  // Where there is no room for the shell the badge works all the same; a version that works is not replaced by less.
  const kept = shell.keep().catch(error => {
    if (scope.registration.active !== null) throw error;
  });
  event.waitUntil(kept.then(() => scope.skipWaiting()));
});

scope.addEventListener('activate', event => {
  event.waitUntil(shell.dropOthers().then(() => scope.clients.claim()));
});

scope.addEventListener('fetch', event => {
  const answer = shell.answer(event.request);
  if (answer !== undefined) event.respondWith(answer);
});

scope.addEventListener('push', event => {
  event.waitUntil(onPush(parts, event).finally(() => onWakeUp(parts)));
});

scope.addEventListener('pushsubscriptionchange', event => {
  event.waitUntil(onWakeUp(parts, { atOnce: true }));
});

scope.addEventListener('periodicsync', event => {
  event.waitUntil(onWakeUp(parts));
});

scope.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(bringToFront(scope));
});

scope.addEventListener('message', event => {
  event.waitUntil(onMessage(parts, event.data));
});
