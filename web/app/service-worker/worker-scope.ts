// What the worker uses of ServiceWorkerGlobalScope, by hand: TypeScript's own types of it exclude those of a page, and
// these are small enough to be stood in for by a test.

import type { PushPlace } from '../push-address.ts';
import type { ToPage } from '../worker-messages.ts';

export type NotificationWords = { title: string; body: string };

export type ShownNotification = { tag: string; close(): void };

export type Page = { url: string; focus(): Promise<unknown>; postMessage(message: ToPage): void };

export type WorkerScope = {
  location: { origin: string };
  navigator: {
    language: string;
    setAppBadge?(badge: number): Promise<void>;
    clearAppBadge?(): Promise<void>;
  };
  registration: {
    pushManager: PushPlace;
    showNotification(title: string, options: NotificationOptions): Promise<void>;
    getNotifications(filter?: { tag: string }): Promise<ShownNotification[]>;
  };
  clients: {
    matchAll(filter: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
};

export type WorkerEvent = { waitUntil(work: Promise<unknown>): void };

export type WorkerEvents = {
  install: WorkerEvent;
  activate: WorkerEvent;
  fetch: WorkerEvent & { request: Request; respondWith(response: Promise<Response>): void };
  /** `notification`: the browser was told declaratively and shows it by itself (W3C Push API). */
  push: WorkerEvent & { data: { text(): string } | null; notification?: object | null };
  pushsubscriptionchange: WorkerEvent;
  notificationclick: WorkerEvent & { notification: ShownNotification };
  message: WorkerEvent & { data: unknown };
  periodicsync: WorkerEvent;
};

export type WorkerGlobal = WorkerScope & {
  registration: { active: object | null };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(
    name: Name,
    listener: (event: WorkerEvents[Name]) => void,
  ): void;
};
