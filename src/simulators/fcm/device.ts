// A simulated Android phone with one app, whose code does what docs/topics/devices.md tells it to. FCM keeps the newest
// message of each collapse key for a phone that is away, for four keys at most. The icon shows what the launcher takes
// from the app's notification: there is no badge without one.

import type { Clock } from '../../runtime/clock.ts';
import { PreviewExtension } from '../preview-extension.ts';
import { RegistrationCodes } from '../registration-codes.ts';
import type { AndroidMessage } from './message.ts';

export type ReceivedMessage = AndroidMessage & { messageId: string; acceptedAt: number };

export type DeviceEvent = {
  /** `shown`: by the system, without the app. `woken`: the app's code ran. */
  type: 'shown' | 'woken';
  at: number;
  messageId: string;
  device: SimulatedAndroid;
};

export type DeviceOptions = {
  token: string;
  /** Whose tokens the app asks for. */
  projectId: string;
  platform: 'android' | 'other';
  /** Android 13: without it no notification is shown, and so no number. */
  notificationPermission: boolean;
  online: boolean;
  /** The app is in front: then its code gets notifications too. */
  inFront: boolean;
};

const maxCollapseKeys = 4;
const maxUncollapsed = 100;
/** How many messages a device remembers. */
const memory = 1000;
const tag = 'mailbadge';

export class SimulatedAndroid {
  readonly token: string;
  readonly projectId: string;
  readonly platform: 'android' | 'other';
  notificationPermission: boolean;
  inFront: boolean;
  /** What the launcher shows at the icon; 0 is none. */
  badge = 0;
  /** Each badge that was set, in order. */
  readonly badges: number[] = [];
  /** What reached the device, newest last. */
  readonly received: ReceivedMessage[] = [];
  readonly codes = new RegistrationCodes();
  /** Of the app: its public keys are what the proxy encrypts previews for. */
  readonly extension = new PreviewExtension();
  /** What the app's own notification said of a message, newest last. */
  readonly alerts: { title: string; body: string }[] = [];
  uninstalledAt: number | undefined;
  readonly #clock: Clock;
  readonly #emit: (event: DeviceEvent) => void;
  #online: boolean;
  #rev = -1;
  #stored: ReceivedMessage[] = [];

  constructor(options: DeviceOptions & { clock: Clock; emit: (event: DeviceEvent) => void }) {
    this.token = options.token;
    this.projectId = options.projectId;
    this.platform = options.platform;
    this.notificationPermission = options.notificationPermission;
    this.inFront = options.inFront;
    this.#online = options.online;
    this.#clock = options.clock;
    this.#emit = options.emit;
  }

  get online(): boolean {
    return this.#online;
  }

  /** What FCM keeps for it, oldest first. */
  get stored(): readonly ReceivedMessage[] {
    return this.#stored;
  }

  goOffline(): void {
    this.#online = false;
  }

  /** Gets what was stored, unless it expired. */
  goOnline(): void {
    this.#online = true;
    const now = this.#clock.now();
    for (const message of this.#stored.splice(0)) {
      if (now <= message.acceptedAt + message.ttlMs) this.#arrive(message);
    }
  }

  uninstall(): void {
    this.uninstalledAt = this.#clock.now();
    this.#stored = [];
  }

  /** What FCM does with an accepted message: hands it over, keeps it, or drops it. */
  receive(message: ReceivedMessage): void {
    if (this.#online) this.#arrive(message);
    else if (message.ttlMs > 0) this.#store(message);
  }

  /** The next registration code that was not taken yet; waits for one. */
  waitForCode(options: { signal?: AbortSignal } = {}): Promise<string> {
    return this.codes.take(options);
  }

  #store(message: ReceivedMessage): void {
    const { collapseKey } = message;
    if (collapseKey === undefined) {
      const uncollapsed = this.#stored.filter(each => each.collapseKey === undefined);
      // "If the limit is reached, all stored messages are discarded"
      if (uncollapsed.length >= maxUncollapsed) this.#stored = [];
    } else {
      this.#stored = this.#stored.filter(each => each.collapseKey !== collapseKey);
      const keys = this.#stored.filter(each => each.collapseKey !== undefined);
      // "With no guarantees about which ones are kept": here the oldest goes
      if (keys.length >= maxCollapseKeys) this.#stored = this.#stored.filter(each => each !== keys[0]);
    }
    this.#stored.push(message);
  }

  #arrive(message: ReceivedMessage): void {
    this.received.push(message);
    if (this.received.length > memory) this.received.shift();
    const shownBySystem = message.notification !== undefined && !this.inFront;
    if (shownBySystem) this.#showBySystem(message.notification);
    else this.#runApp(message.data);
    const { messageId } = message;
    this.#emit({ type: shownBySystem ? 'shown' : 'woken', at: this.#clock.now(), messageId, device: this });
  }

  /** The app does not run, so nobody compares `rev`. A count of 0 makes the launcher count up. */
  #showBySystem(notification: ReceivedMessage['notification']): void {
    if (notification === undefined || !this.notificationPermission) return;
    const replaces = notification.tag === tag ? 0 : this.badge;
    this.#setBadge(notification.count > 0 ? replaces + notification.count : this.badge + 1);
  }

  /** onMessageReceived. */
  #runApp({ kind, code, badge, rev, preview }: Record<string, string>): void {
    if (kind === 'challenge' && code !== undefined) this.codes.add(code);
    if (kind !== 'badge' || badge === undefined) return;
    if (rev !== undefined) {
      if (Number(rev) < this.#rev) return;
      this.#rev = Number(rev);
    }
    // posts its one notification with the number, or cancels it
    this.#setBadge(this.notificationPermission ? Number(badge) : 0);
    const opened = preview === undefined ? undefined : this.extension.open(preview)?.preview;
    if (opened === undefined || !this.notificationPermission) return;
    this.alerts.push({ title: opened.from, body: opened.subject });
    if (this.alerts.length > memory) this.alerts.shift();
  }

  #setBadge(badge: number): void {
    this.badge = badge;
    this.badges.push(badge);
    if (this.badges.length > memory) this.badges.shift();
  }
}
