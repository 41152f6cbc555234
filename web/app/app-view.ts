// What the pages show, in one object: every answer, push and failure that changes it changes every page that shows it.
// It is what the proxy answered last, and from when that is; nothing is guessed. Messages live here only, never in storage.

import type { IconStatus, MessageList, WebApp } from '../../src/contract/devices.ts';
import type { TurnOnStep } from './badge-switch.ts';
import type { ActiveBadge } from './state.ts';
import type { Trouble } from './trouble.ts';

export type AppView = {
  /** signed-in until the proxy says otherwise, where this device was signed in before. */
  session: 'signed-in' | 'signed-out' | 'ended';
  mailbox: string | undefined;
  sessionExpiresAt: number | undefined;
  app: WebApp | undefined;
  /** undefined until the device's own memory was read. */
  active: ActiveBadge | null | undefined;
  /** Under way. */
  turningOn: TurnOnStep | undefined;
  /** Why the badge could not be turned on or kept on. */
  badgeTrouble: Trouble | undefined;
  /** Somebody turned it off elsewhere. */
  endedElsewhere: boolean;
  /** What the icon shows, or would show, and since when that is known. */
  count: { badge: number; at: number } | undefined;
  inbox: MessageList | undefined;
  status: IconStatus | undefined;
  refreshing: boolean;
  /** Why the last refresh brought nothing new; why the session ended, where that is more than its time. */
  trouble: Trouble | undefined;
};

export const signedOut: AppView = {
  session: 'signed-out',
  mailbox: undefined,
  sessionExpiresAt: undefined,
  app: undefined,
  active: undefined,
  turningOn: undefined,
  badgeTrouble: undefined,
  endedElsewhere: false,
  count: undefined,
  inbox: undefined,
  status: undefined,
  refreshing: false,
  trouble: undefined,
};

export class ShownView {
  readonly #listeners = new Set<() => void>();
  #view: AppView;

  constructor(view: AppView) {
    this.#view = view;
  }

  get now(): AppView {
    return this.#view;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(members: Partial<AppView>): void {
    this.#view = { ...this.#view, ...members };
    for (const listener of this.#listeners) listener();
  }
}
