// What the proxy is asked for whenever the app is looked at, and what its answers change in what the pages show. Renewing
// the badge is part of it.

import type { IconStatus } from '../../src/contract/devices.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import type { AppView, ShownView } from './app-view.ts';
import type { BadgeSwitch } from './badge-switch.ts';
import { FollowUp, type Later } from './follow-up.ts';
import { asTrouble, sessionIsOver, type Trouble } from './trouble.ts';

/** The name of the mailbox, known before the first page is drawn. */
export type RememberedMailbox = { read(): string | undefined; write(mailbox: string | undefined): void };

export type RefresherOptions = {
  client: DeviceClient;
  badgeSwitch: BadgeSwitch;
  view: ShownView;
  remembered: RememberedMailbox;
  now(): number;
  later: Later;
};

export class Refresher {
  readonly #client: DeviceClient;
  readonly #badgeSwitch: BadgeSwitch;
  readonly #shown: ShownView;
  readonly #remembered: RememberedMailbox;
  readonly #now: () => number;
  readonly #followUp: FollowUp;
  #refreshing: Promise<void> | undefined;
  #again = false;

  constructor({ client, badgeSwitch, view, remembered, now, later }: RefresherOptions) {
    this.#client = client;
    this.#badgeSwitch = badgeSwitch;
    this.#shown = view;
    this.#remembered = remembered;
    this.#now = now;
    this.#followUp = new FollowUp({ ask: () => void this.guarded(() => this.askStatus()), later });
  }

  get #view(): AppView {
    return this.#shown.now;
  }

  /** One at a time: who asks while one is under way waits for that. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshInTurn().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Something changed, and answers under way may be of before: they are asked for once more after those. */
  refreshAnew(): Promise<void> {
    this.#again = this.#refreshing !== undefined;
    return this.refresh();
  }

  async #refreshInTurn(): Promise<void> {
    do {
      this.#again = false;
      await this.#refresh();
    } while (this.#again);
  }

  async #refresh(): Promise<void> {
    const signedIn = this.#view.session === 'signed-in';
    this.#shown.change({ refreshing: signedIn });
    const answers = await Promise.all(
      [this.#askApp(), ...(signedIn ? [this.#askSession(), this.#askInbox(), this.renew()] : [])].map(asked =>
        asked.then(() => undefined, asTrouble),
      ),
    );
    this.#shown.change({ refreshing: false });
    const troubles = answers.filter(answer => answer !== undefined);
    this.failed(troubles.find(isTheft) ?? troubles.find(sessionIsOver) ?? troubles[0]);
  }

  async #askApp(): Promise<void> {
    this.#shown.change({ app: await this.#client.describeApp() });
  }

  async #askSession(): Promise<void> {
    const { mailbox, expiresAt } = await this.#client.currentSession();
    this.#remembered.write(mailbox);
    this.#shown.change({ mailbox, sessionExpiresAt: expiresAt });
  }

  async #askInbox(): Promise<void> {
    const inbox = await this.#client.messages();
    this.#shown.change({ inbox });
    if (this.#view.active === null) this.count(inbox.unseen);
  }

  async renew(): Promise<void> {
    const result = await this.#badgeSwitch.renewIfNeeded();
    switch (result.kind) {
      case 'off':
      case 'ended':
        this.#shown.change({ active: null, status: undefined, endedElsewhere: result.kind === 'ended' });
        if (this.#view.inbox !== undefined) this.count(this.#view.inbox.unseen);
        return;
      case 'on':
        this.#shown.change({ active: result.active, badgeTrouble: undefined });
        if (result.opened !== null) this.count(result.opened.badge);
        await this.askStatus();
        return;
      case 'failed':
        if (sessionIsOver(result.failure) || result.failure.code === 'offline') this.failed(result.failure);
        // what this device remembers may be what failed: then the badge is not known to be on
        else this.#shown.change({ badgeTrouble: result.failure, active: this.#view.active ?? null });
    }
  }

  /** How the badge stands, where it is on. */
  async askStatus(): Promise<void> {
    const { active } = this.#view;
    if (active) this.took(await this.#client.iconStatus(active.iconId));
  }

  took(status: IconStatus): void {
    this.#shown.change({ status });
    this.#followUp.took(status);
    if (status.badge !== null) this.count(status.badge);
  }

  count(badge: number): void {
    this.#shown.change({ count: { badge, at: this.#now() } });
  }

  /** What a failure tells of the session or the network concerns every page. */
  failed(trouble: Trouble | undefined): void {
    if (trouble === undefined || !sessionIsOver(trouble)) this.#shown.change({ trouble });
    else if (this.#view.session !== 'signed-out')
      this.#shown.change({ session: 'ended', trouble: [trouble, this.#view.trouble].find(isTheft) });
  }

  async guarded(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.failed(asTrouble(error));
    }
  }
}

/** The only end of a session that needs words of its own. */
function isTheft(trouble: Trouble | undefined): boolean {
  return trouble?.code === 'session-stolen';
}
