// What the pages show, and what they ask the proxy for. One object holds it, so that a page can be drawn at once from
// what is known, and every answer, push and failure changes every page that shows it. It shows what the proxy answered
// last, and from when that is; nothing is guessed. Messages live here only, never in storage.

import type { IconStatus, MessageList, WebApp } from '../../src/contract/devices.ts';
import type { Language } from '../../src/contract/languages.ts';
import type { DeviceClient, SeenUpTo } from '../../src/device/device-client.ts';
import type { BadgeSwitch, TurnOnStep } from './badge-switch.ts';
import type { Browser } from './browser.ts';
import { FollowUp, type Later } from './follow-up.ts';
import type { ActiveBadge, StateStore, Wishes } from './state.ts';
import { asTrouble, sessionIsOver, type Trouble } from './trouble.ts';
import type { ToPage } from './worker-messages.ts';

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
  /** Why the last refresh brought nothing new. */
  trouble: Trouble | undefined;
};

export type AppModelOptions = {
  client: DeviceClient;
  badgeSwitch: BadgeSwitch;
  store: StateStore;
  tellWorker: Browser['tellWorker'];
  /** The name of the mailbox, known before the first page is drawn. */
  remembered: { read(): string | undefined; write(mailbox: string | undefined): void };
  now(): number;
  later: Later;
};

export type Credentials = { user: string; password: string; deviceName: string };

export class AppModel {
  readonly client: DeviceClient;
  readonly #badgeSwitch: BadgeSwitch;
  readonly #store: StateStore;
  readonly #tellWorker: Browser['tellWorker'];
  readonly #remembered: AppModelOptions['remembered'];
  readonly #now: () => number;
  readonly #followUp: FollowUp;
  readonly #listeners = new Set<() => void>();
  #view: AppView;
  #refreshing: Promise<void> | undefined;

  constructor({ client, badgeSwitch, store, tellWorker, remembered, now, later }: AppModelOptions) {
    this.client = client;
    this.#badgeSwitch = badgeSwitch;
    this.#store = store;
    this.#tellWorker = tellWorker;
    this.#remembered = remembered;
    this.#now = now;
    this.#followUp = new FollowUp({ ask: () => void this.#guarded(() => this.askStatus()), later });
    const mailbox = remembered.read();
    if (mailbox === undefined) this.#view = signedOut;
    else this.#view = { ...signedOut, session: 'signed-in', mailbox, refreshing: true };
  }

  get view(): AppView {
    return this.#view;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What this device knows by itself, then what the proxy says. Never throws, as every act here: the view tells. */
  async start(): Promise<void> {
    await this.#guarded(async () => {
      const { active, last, sessionEnded } = await this.#store.read();
      this.#change({
        active,
        ...(last !== null && last.iconId === active?.iconId && { count: { badge: last.badge, at: last.at } }),
        ...(sessionEnded && this.#view.session === 'signed-in' && { session: 'ended' }),
      });
    });
    await this.refresh();
  }

  /** One at a time: who asks while one is under way waits for that. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const signedIn = this.#view.session === 'signed-in';
    this.#change({ refreshing: signedIn });
    const failures = await Promise.all(
      [this.#askApp(), ...(signedIn ? [this.#askSession(), this.#askInbox(), this.#renew()] : [])].map(
        asked => asked.then(() => undefined, asTrouble),
      ),
    );
    const trouble = failures.find(failure => failure !== undefined);
    this.#change({ refreshing: false });
    this.#failed(trouble);
  }

  async #askApp(): Promise<void> {
    this.#change({ app: await this.client.describeApp() });
  }

  async #askSession(): Promise<void> {
    const { mailbox, expiresAt } = await this.client.currentSession();
    this.#remembered.write(mailbox);
    this.#change({ mailbox, sessionExpiresAt: expiresAt });
  }

  async #askInbox(): Promise<void> {
    const inbox = await this.client.messages();
    this.#change({ inbox });
    if (this.#view.active === null) this.#count(inbox.unseen);
  }

  async #renew(): Promise<void> {
    const result = await this.#badgeSwitch.renewIfNeeded();
    switch (result.kind) {
      case 'off':
      case 'ended':
        this.#change({ active: null, status: undefined, endedElsewhere: result.kind === 'ended' });
        if (this.#view.inbox !== undefined) this.#count(this.#view.inbox.unseen);
        return;
      case 'on':
        this.#change({ active: result.active, badgeTrouble: undefined });
        if (result.opened !== null) this.#count(result.opened.badge);
        await this.askStatus();
        return;
      case 'failed':
        if (sessionIsOver(result.failure) || result.failure.code === 'offline') this.#failed(result.failure);
        else this.#change({ badgeTrouble: result.failure });
    }
  }

  /** How the badge stands, where it is on. */
  async askStatus(): Promise<IconStatus | undefined> {
    const { active } = this.#view;
    if (!active) return undefined;
    const status = await this.client.iconStatus(active.iconId);
    this.took(status);
    return status;
  }

  took(status: IconStatus): void {
    this.#change({ status });
    this.#followUp.took(status);
    if (status.badge !== null) this.#count(status.badge);
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
    // Another person's badge is not taken over.
    const kept = active?.mailbox === mailbox ? active : null;
    if (active !== null && kept === null) await this.#badgeSwitch.forget();
    this.#remembered.write(mailbox);
    this.#change({
      ...signedOut,
      app: this.#view.app,
      session: 'signed-in',
      mailbox,
      sessionExpiresAt: expiresAt,
      active: kept,
    });
    await this.refresh();
  }

  /** Fails when the proxy could not be told: it would go on sending badges here. */
  async signOut(): Promise<Trouble | undefined> {
    try {
      await this.client.signOut();
    } catch (error) {
      const trouble = asTrouble(error);
      if (!sessionIsOver(trouble)) return trouble;
    }
    await this.#badgeSwitch.forget();
    this.#remembered.write(undefined);
    this.#change({ ...signedOut, app: this.#view.app, active: null });
    return undefined;
  }

  /** Nothing stands between the click and the question for permission. */
  async turnOn(wishes: Wishes, language: Language): Promise<void> {
    const { app, turningOn } = this.#view;
    if (turningOn !== undefined) return;
    if (app === undefined) {
      this.#change({ badgeTrouble: { code: 'offline' } });
      return;
    }
    this.#change({ turningOn: 'permission', badgeTrouble: undefined, endedElsewhere: false });
    const result = await this.#badgeSwitch.turnOn({
      app,
      wishes,
      language,
      onStep: turningOn => this.#change({ turningOn }),
    });
    if (result.kind === 'on') this.#change({ active: result.active, turningOn: undefined });
    else this.#change({ badgeTrouble: result.failure, turningOn: undefined });
    await this.refresh();
  }

  async turnOff(): Promise<Trouble | undefined> {
    const result = await this.#badgeSwitch.turnOff();
    if (result.kind === 'failed') return result.failure;
    this.#change({ active: null, status: undefined, badgeTrouble: undefined });
    await this.refresh();
    return undefined;
  }

  async setWishes(wishes: Wishes): Promise<Trouble | undefined> {
    const result = await this.#badgeSwitch.change(wishes);
    if (result.kind === 'failed') {
      this.#failed(result.failure);
      return result.failure;
    }
    this.#change({ active: result.active });
    await this.#guarded(() => this.askStatus());
    return undefined;
  }

  /** The list was really looked at. */
  async viewed(upTo: SeenUpTo): Promise<void> {
    const { active } = this.#view;
    if (!active) return;
    await this.#guarded(async () => {
      const opened = await this.client.viewed(active.subscriptionId, upTo);
      this.#count(opened.badge);
      await this.#tellWorker({ kind: 'badge-known', iconId: active.iconId, ...opened });
    });
  }

  async languageChanged(language: Language): Promise<void> {
    await this.#guarded(async () => {
      const { language: known } = await this.#store.read();
      if (known === language) return;
      await this.#store.update(() => ({ language }));
      if (this.#view.active) await this.#renew();
    });
  }

  /** From the service worker, to every open page. */
  heard(message: ToPage): void {
    switch (message.kind) {
      case 'badge':
        if (message.iconId !== this.#view.active?.iconId) return;
        this.#change({ count: { badge: message.badge, at: message.at } });
        void this.refresh();
        return;
      case 'subscribed':
        this.#change({ active: message.active, badgeTrouble: undefined });
        void this.refresh();
        return;
      case 'session-ended':
        this.#failed({ code: 'session-invalid' });
        return;
      case 'code-arrived':
      case 'registration-failed':
        return; // turnOn, which waits for them, tells
    }
  }

  /** A page's own call failed: what it tells of the session or the network concerns every page. */
  failed(error: unknown): void {
    this.#failed(asTrouble(error));
  }

  async #guarded(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#failed(asTrouble(error));
    }
  }

  #failed(trouble: Trouble | undefined): void {
    const over = trouble !== undefined && sessionIsOver(trouble);
    if (over && this.#view.session === 'signed-out') return;
    this.#change({ trouble: over ? undefined : trouble, ...(over && { session: 'ended' }) });
  }

  #count(badge: number): void {
    this.#change({ count: { badge, at: this.#now() } });
  }

  #change(members: Partial<AppView>): void {
    this.#view = { ...this.#view, ...members };
    for (const listener of this.#listeners) listener();
  }
}

const signedOut: AppView = {
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
