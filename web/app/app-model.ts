// What the pages do: every act of the person, and what the service worker tells. No act throws; what came of it is in the
// view, or answered for the place where it was begun. When another person comes, the app starts anew: nothing of the one
// before is left, in no variable and in no answer that is still on its way.

import type { IconStatus } from '../../src/contract/devices.ts';
import type { Language } from '../../src/contract/languages.ts';
import type { DeviceClient, SeenUpTo } from '../../src/device/device-client.ts';
import { type AppView, ShownView, signedOut } from './app-view.ts';
import type { BadgeSwitch } from './badge-switch.ts';
import type { Browser } from './browser.ts';
import type { Later } from './follow-up.ts';
import { Refresher, type RememberedMailbox } from './refresher.ts';
import type { StateStore, Wishes } from './state.ts';
import { asTrouble, sessionIsOver, type Trouble } from './trouble.ts';
import type { ToPage } from './worker-messages.ts';

export type AppModelOptions = {
  client: DeviceClient;
  badgeSwitch: BadgeSwitch;
  store: StateStore;
  tellWorker: Browser['tellWorker'];
  remembered: RememberedMailbox;
  /** Loads the app again, from its first page. */
  startAnew(): void;
  now(): number;
  later: Later;
};

export type Credentials = { user: string; password: string; deviceName: string };

export class AppModel {
  readonly client: DeviceClient;
  readonly #badgeSwitch: BadgeSwitch;
  readonly #store: StateStore;
  readonly #tellWorker: Browser['tellWorker'];
  readonly #remembered: RememberedMailbox;
  readonly #startAnew: () => void;
  readonly #shown: ShownView;
  readonly #refresher: Refresher;

  constructor(options: AppModelOptions) {
    const { client, badgeSwitch, store, tellWorker, remembered, startAnew } = options;
    this.client = client;
    this.#badgeSwitch = badgeSwitch;
    this.#store = store;
    this.#tellWorker = tellWorker;
    this.#remembered = remembered;
    this.#startAnew = startAnew;
    const mailbox = remembered.read();
    this.#shown = new ShownView(
      mailbox === undefined ? signedOut : { ...signedOut, session: 'signed-in', mailbox, refreshing: true },
    );
    this.#refresher = new Refresher({ ...options, view: this.#shown });
  }

  get view(): AppView {
    return this.#shown.now;
  }

  onChange(listener: () => void): () => void {
    return this.#shown.onChange(listener);
  }

  /** What this device knows by itself, while the proxy is asked already. */
  async start(): Promise<void> {
    await Promise.all([this.#refresher.guarded(() => this.#recall()), this.refresh()]);
  }

  async #recall(): Promise<void> {
    const { active, last, sessionEnded } = await this.#store.read();
    const { view } = this;
    const known = last !== null && last.iconId === active?.iconId && view.count === undefined;
    this.#shown.change({
      ...(view.active === undefined && { active }),
      ...(known && { count: { badge: last.badge, at: last.at } }),
      ...(sessionEnded && view.session === 'signed-in' && { session: 'ended' }),
    });
  }

  refresh(): Promise<void> {
    return this.#refresher.refresh();
  }

  /** The person is back, or the network is: what is being asked now may be answered from before that. */
  refreshAnew(): Promise<void> {
    return this.#refresher.refreshAnew();
  }

  took(status: IconStatus): void {
    this.#refresher.took(status);
  }

  async signIn(credentials: Credentials): Promise<Trouble | undefined> {
    try {
      await this.#signIn(credentials);
      return undefined;
    } catch (error) {
      return asTrouble(error);
    }
  }

  async #signIn({ user, password, deviceName }: Credentials): Promise<void> {
    const { installationId, active } = await this.#store.read();
    const { mailbox, expiresAt } = await this.client.signIn({
      user,
      password,
      installationId,
      ...(deviceName.trim() !== '' && { deviceName: deviceName.trim() }),
    });
    await this.#store.update(() => ({ sessionEnded: false }));
    const another = [active?.mailbox, this.view.mailbox].some(
      known => known !== undefined && known !== mailbox,
    );
    if (another) await this.#badgeSwitch.forget();
    this.#remembered.write(mailbox);
    this.#shown.change({
      ...signedOut,
      app: this.view.app,
      session: 'signed-in',
      mailbox,
      sessionExpiresAt: expiresAt,
      active: another ? null : active,
    });
    if (another) this.#startAnew();
    else await this.#refresher.refreshAnew();
  }

  /** Fails when the proxy could not be told: it would go on sending badges here. */
  async signOut(): Promise<Trouble | undefined> {
    try {
      await this.client.signOut();
    } catch (error) {
      const trouble = asTrouble(error);
      if (!sessionIsOver(trouble)) return trouble;
    }
    await this.leave();
    return undefined;
  }

  /** Nothing of this person stays on the device; what the proxy still has for it finds nobody here any more. */
  async leave(): Promise<void> {
    await this.#badgeSwitch.forget();
    this.#remembered.write(undefined);
    this.#shown.change({ ...signedOut, app: this.view.app, active: null });
    this.#startAnew();
  }

  /** Nothing stands between the click and the question for permission. */
  async turnOn(wishes: Wishes, language: Language): Promise<void> {
    if (this.view.turningOn !== undefined) return;
    this.#shown.change({ turningOn: 'permission', badgeTrouble: undefined, endedElsewhere: false });
    if (this.view.app === undefined) await this.refresh(); // who is quicker than the first answer
    const { app } = this.view;
    const result =
      app === undefined
        ? ({ kind: 'failed', failure: { code: 'offline' } } as const)
        : await this.#badgeSwitch.turnOn({
            app,
            wishes,
            language,
            onStep: step => this.#shown.change({ turningOn: step }),
          });
    if (result.kind === 'on') this.#shown.change({ active: result.active, turningOn: undefined });
    else this.#shown.change({ badgeTrouble: result.failure, turningOn: undefined });
    await this.#refresher.refreshAnew();
  }

  async turnOff(): Promise<Trouble | undefined> {
    const result = await this.#badgeSwitch.turnOff();
    if (result.kind === 'failed') return result.failure;
    this.#shown.change({ active: null, status: undefined, badgeTrouble: undefined });
    await this.#refresher.refreshAnew();
    return undefined;
  }

  async setWishes(wishes: Wishes): Promise<Trouble | undefined> {
    const result = await this.#badgeSwitch.change(wishes);
    if (result.kind === 'failed') {
      this.#refresher.failed(result.failure);
      return result.failure;
    }
    this.#shown.change({ active: result.active });
    await this.#refresher.guarded(() => this.#refresher.askStatus());
    return undefined;
  }

  /** The list was really looked at. */
  async viewed(upTo: SeenUpTo): Promise<void> {
    const { active } = this.view;
    if (!active) return;
    await this.#refresher.guarded(async () => {
      const opened = await this.client.viewed(active.subscriptionId, upTo);
      this.#refresher.count(opened.badge);
      await this.#tellWorker({ kind: 'badge-known', iconId: active.iconId, ...opened });
    });
  }

  async languageChanged(language: Language): Promise<void> {
    await this.#refresher.guarded(async () => {
      const { language: known } = await this.#store.read();
      if (known === language) return;
      await this.#store.update(() => ({ language }));
      if (this.view.active) await this.#refresher.renew();
    });
  }

  /** From the service worker, to every open page. */
  heard(message: ToPage): void {
    switch (message.kind) {
      case 'badge':
        if (message.iconId !== this.view.active?.iconId) return;
        this.#shown.change({ count: { badge: message.badge, at: message.at } });
        void this.#refresher.refreshAnew();
        return;
      case 'subscribed':
        this.#shown.change({ active: message.active, badgeTrouble: undefined });
        void this.#refresher.refreshAnew();
        return;
      case 'session-ended':
        this.#refresher.failed({ code: 'session-invalid' });
        return;
      case 'code-arrived':
      case 'registration-failed':
        return; // turnOn, which waits for them, tells
    }
  }

  /** A page's own call failed. */
  failed(error: unknown): void {
    this.#refresher.failed(asTrouble(error));
  }
}
