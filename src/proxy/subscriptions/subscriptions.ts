// Icons and subscriptions: who wants a mailbox's count, and what its icon should show. Each operation is one
// transaction in a file of its own; this class gives them their collaborators, tells the neighbours after the commit,
// and keeps house once a minute.

import type { Kysely, Transaction } from 'kysely';
import type { Subscription } from '../../contract/devices.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError, describeError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { MailboxCounted } from '../unseen/mailbox-counted.ts';
import { applyCounts } from './apply-counts.ts';
import { takeCensus } from './census.ts';
import { type EndReason, endSubscriptions } from './end-subscriptions.ts';
import { endExpired, endOfGoneMailboxes, forgetOld, portion } from './housekeeping.ts';
import { type ListedSubscription, listSubscriptions } from './list-subscriptions.ts';
import { type OpenedRequest, opened } from './opened.ts';
import { type PreferencesRequest, preferences } from './preferences.ts';
import { type Cause, endSettledIcons } from './recompute-icons.ts';
import { type RestoreRequest, restore } from './restore.ts';
import { type SignedOut, signOutDevices, signOutMailbox } from './sign-out-mailbox.ts';
import { subscribe } from './subscribe.ts';
import type { SubscribeRequest } from './subscribe-request.ts';
import { targetGone } from './target-gone.ts';
import { type ViewedRequest, viewed } from './viewed.ts';

const housekeepingEveryMs = 60_000;
const forgettingEveryMs = 60 * 60_000;
const listEndedForMs = 30 * 86_400_000;

export type SubscriptionsOptions = {
  db: Kysely<ProxySchema>;
  clock: Clock;
  random: Random;
  events: ProxyEvents;
  lifetimeMs: number;
  perMailbox: number;
  /** Called after a commit that may have made icons due (publisher.wake). */
  iconsChanged(): void;
  /** Called after a commit that changed which mailboxes are subscribed, or how (unseenCounter.subscriptionsChanged). */
  mailboxesChanged(): void;
};

export class Subscriptions implements AsyncDisposable {
  readonly #options: SubscriptionsOptions;
  #timer: Timer | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #stopping = false;
  #forgetAt = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Begins the housekeeping. */
  start(): void {
    this.#keeping = this.#keepHouse();
  }

  /** For UnseenCounter, inside its transaction. */
  applyCounts(transaction: Transaction<ProxySchema>, counted: readonly MailboxCounted[]): Promise<boolean> {
    return applyCounts(transaction, counted, this.#context());
  }

  /** For Publisher, inside its transaction: ends the icon, softly, unless too many go at once. */
  targetGone(transaction: Transaction<ProxySchema>, iconId: string): Promise<'ended' | 'frozen'> {
    return targetGone(transaction, iconId, this.#context());
  }

  /** For Publisher, inside its transaction: these icons were answered; a closing one that is done ends. */
  iconsSettled(transaction: Transaction<ProxySchema>, iconIds: readonly string[]): Promise<void> {
    return endSettledIcons(transaction, iconIds, this.#options.clock.now());
  }

  /** Creates or renews. Throws `subscription-limit`. */
  async subscribe(request: SubscribeRequest): Promise<Subscription> {
    const id = await this.#commit(transaction =>
      subscribe(transaction, request, { ...this.#options, ...this.#context() }),
    );
    const [subscription] = await listSubscriptions(this.#options.db, { id });
    if (subscription === undefined) throw new AppError('subscription-not-found', 'the subscription is gone');
    const { installationId: _, ...answer } = subscription;
    return answer;
  }

  /** The app was opened: renews the icon's subscriptions. Throws `icon-not-found`. */
  async opened(request: OpenedRequest): Promise<{ badge: number; rev: number }> {
    const { db, clock, lifetimeMs, iconsChanged } = this.#options;
    const answer = await db
      .transaction()
      .execute(transaction => opened(transaction, request, { now: clock.now(), lifetimeMs }));
    iconsChanged();
    return answer;
  }

  /** The inbox was viewed: answers what the icon should show. Throws `subscription-not-found`. */
  viewed(request: ViewedRequest): Promise<{ badge: number; rev: number }> {
    return this.#commit(transaction =>
      viewed(transaction, request, { ...this.#options, ...this.#context() }),
    );
  }

  /** Throws `subscription-not-found`. */
  preferences(request: PreferencesRequest): Promise<void> {
    return this.#commit(transaction => preferences(transaction, request, this.#context()));
  }

  /** Throws `subscription-not-found` when the mailbox has no such live subscription. */
  unsubscribe({ subscriptionId, mailboxId }: { subscriptionId: string; mailboxId: string }): Promise<void> {
    return this.#commit(async transaction => {
      const found = await this.#live(transaction, mailboxId)
        .where('subscription.id', '=', subscriptionId)
        .execute();
      if (found.length === 0)
        throw new AppError('subscription-not-found', 'this mailbox has no such subscription');
      await endSubscriptions(transaction, found, { ...this.#context(), reason: 'unsubscribed' });
    });
  }

  /** Ends all of one device's subscriptions to a mailbox. */
  endDevice({
    mailboxId,
    installationId,
    reason,
  }: {
    mailboxId: string;
    installationId: string;
    reason: EndReason;
  }): Promise<void> {
    return this.#commit(async transaction => {
      const found = await this.#live(transaction, mailboxId)
        .where('icon.installation_id', '=', installationId)
        .execute();
      await endSubscriptions(transaction, found, { ...this.#context(), reason });
    });
  }

  /** Signs every device of a mailbox out. Throws `mailbox-unknown`. */
  signOutMailbox(mailboxId: string): Promise<SignedOut> {
    return this.#commit(transaction => signOutMailbox(transaction, mailboxId, this.#context()));
  }

  /** The mailbox has a new password: signs every device out but the one that has proven it. */
  passwordChanged({
    mailboxId,
    installationId,
  }: {
    mailboxId: string;
    installationId: string;
  }): Promise<SignedOut> {
    const others = { mailboxId, except: installationId, reason: 'password-changed' } as const;
    return this.#commit(transaction => signOutDevices(transaction, others, this.#context()));
  }

  /** Live ones and those that ended within the last 30 days, newest first. */
  list(mailboxId: string): Promise<ListedSubscription[]> {
    const endedSince = this.#options.clock.now() - listEndedForMs;
    return listSubscriptions(this.#options.db, { mailboxId, endedSince });
  }

  expiringWithin(ms: number): Promise<ListedSubscription[]> {
    return listSubscriptions(this.#options.db, { expiringUntil: this.#options.clock.now() + ms });
  }

  /** Undo: brings back what ended since then for that reason. Answers how many. */
  restore(request: RestoreRequest): Promise<number> {
    return this.#commit(transaction =>
      restore(transaction, request, { ...this.#options, ...this.#context() }),
    );
  }

  /** Lifts the freeze that a burst of endings set; what it put off is tried again at once. */
  async thawEndings(): Promise<void> {
    await this.#commit(async transaction => {
      await transaction.updateTable('proxy_state').set({ endings_frozen_at: null }).execute();
      await transaction
        .updateTable('icon')
        .set({ retry_at: 0 })
        .where('last_outcome', '=', 'target-gone')
        .where('ended_at', 'is', null)
        .execute();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    await this.#keeping;
  }

  async #keepHouse(): Promise<void> {
    const { db, clock, events } = this.#options;
    try {
      while ((await this.#commit(transaction => endExpired(transaction, this.#context()))) === portion);
      await this.#commit(transaction => endOfGoneMailboxes(transaction, this.#context()));
      if (clock.monotonic() >= this.#forgetAt) {
        await db.transaction().execute(transaction => forgetOld(transaction, clock.now()));
        this.#forgetAt = clock.monotonic() + forgettingEveryMs;
      }
      events.record(await takeCensus(db));
    } catch (error) {
      events.record({ kind: 'storing-failed', what: 'housekeeping', error: describeError(error) });
    }
    if (this.#stopping) return;
    this.#timer = clock.after(
      housekeepingEveryMs,
      () => {
        this.#keeping = this.#keepHouse();
      },
      { background: true },
    );
  }

  async #commit<T>(work: (transaction: Transaction<ProxySchema>) => Promise<T>): Promise<T> {
    const result = await this.#options.db.transaction().execute(work);
    if (result === 0) return result; // nothing was there to end or to restore
    this.#options.iconsChanged();
    this.#options.mailboxesChanged();
    return result;
  }

  #live(transaction: Transaction<ProxySchema>, mailboxId: string) {
    return transaction
      .selectFrom('subscription')
      .innerJoin('icon', 'icon.id', 'subscription.icon_id')
      .select(['subscription.id', 'subscription.icon_id'])
      .where('subscription.mailbox_id', '=', mailboxId)
      .where('subscription.ended_at', 'is', null);
  }

  #context(): { now: number; cause: Cause; events: ProxyEvents } {
    const { clock, random, events } = this.#options;
    const now = clock.now();
    return { now, cause: { traceId: random.bytes(16).toString('hex'), observedAt: now }, events };
  }
}
